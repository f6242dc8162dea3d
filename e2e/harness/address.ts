import { networkInterfaces } from 'node:os'

/** This machine's address besides loopback: browsers gather no loopback candidate. */
export function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const own = all.find(({ family, internal }) => family === 'IPv4' && !internal)
  if (own === undefined) throw new Error('this machine has no address besides loopback')
  return own.address
}
