/**
 * An offer that asks for stereo wherever the page listens, and where it sends music. Voices are
 * sent in mono: twice the bits would make them no clearer.
 */
export function withStereo(sdp: string, music: boolean): string {
  return sdp
    .split(/^(?=m=)/m)
    .map((section) => (section.startsWith('m=audio') ? amend(section, music) : section))
    .join('')
}

function amend(section: string, music: boolean): string {
  const opus = /^a=rtpmap:(\d+) opus\/48000\/2/im.exec(section)?.[1]
  const sends = /^a=(sendonly|sendrecv)$/m.test(section)
  if (opus === undefined || (sends && !music)) return section
  const wanted = sends ? 'stereo=1;sprop-stereo=1' : 'stereo=1'
  const parameters = new RegExp(`^a=fmtp:${opus} .*$`, 'm')
  return section.replace(parameters, (line) =>
    line.includes('stereo=') ? line : `${line};${wanted}`,
  )
}
