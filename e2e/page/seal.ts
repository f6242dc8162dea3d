import type { SealOptions } from './seal-worker.ts'

/** The bundle of `seal-worker.ts`, put here when this is bundled. */
declare const __SEAL_SOURCE: string

/**
 * Seals and opens the frames of every connection of this page, from its first section on, with
 * the key that comes of a word; with null, as somebody who was never told the word.
 */
export function takeWord(word: string | null): void {
  // Made when it is needed: an empty page has no cryptography.
  let made: Promise<CryptoKey | null> | undefined
  const { prototype } = RTCPeerConnection
  const { addTransceiver } = prototype
  prototype.addTransceiver = function sealed(trackOrKind, init) {
    const transceiver = addTransceiver.call(this, trackOrKind, init)
    const side = init?.direction === 'sendonly' ? 'send' : 'receive'
    const end = side === 'send' ? transceiver.sender : transceiver.receiver
    // The connection is not made before the offer is answered; the key is there long before.
    made ??= word === null ? Promise.resolve(null) : keyOf(word)
    void made.then((key) => {
      end.transform = new RTCRtpScriptTransform(worker(), { side, key } satisfies SealOptions)
    })
    return transceiver
  }
}

async function keyOf(word: string): Promise<CryptoKey> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(word))
  return crypto.subtle.importKey('raw', digest, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

let opened: Worker | undefined

function worker(): Worker {
  opened ??= new Worker(URL.createObjectURL(new Blob([__SEAL_SOURCE], { type: 'text/javascript' })))
  return opened
}
