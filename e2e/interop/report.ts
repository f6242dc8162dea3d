import type { Result } from './judge.ts'

/** A table for people. */
export function markdown(results: readonly Result[], commit: string): string {
  const rows = results.map(({ client, version, part, works, detail }) => {
    const [line = ''] = detail.split('\n')
    return `| ${client} | ${version} | ${part} | ${works ? 'works' : 'fails'} | ${line} |`
  })
  return `# Other people's clients

Made by \`make interop\` at commit ${commit}.

Every client comes by \`/whip\` and \`/whep\` with a bearer token. A publisher is judged by a
spectator in Chromium, who has to see its pictures and hear its sound; a subscriber watches an
actor who plays in Chromium, and says what it received.

| client | version | as | | what was seen |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

- *werift* and the *webrtc* crate have neither encoder nor decoder: as publishers they send on what
  they receive by WHEP, as subscribers they count whole pictures and packets.
- *werift* is the last one for Node 20; newer ones want Node 22.
- *GStreamer* is that of Debian 12, which has no elements for WHIP and WHEP: a script does the HTTP
  around \`webrtcbin\`. Opus has to be offered with its two channels (\`encoding-params=2\`), as RFC
  7587 section 7 wants it. An answer in which a section is refused is no answer to this version:
  it wants ICE and a fingerprint in every section, a refused one (\`m=… 0\`) included; so offer it
  VP8, H264 and Opus alone.
- *Firefox ESR* publishes its own made camera and microphone. As a spectator of the web app itself
  it is measured by \`make weather\`.
- All of this is VP8 and Opus: neither Firefox nor GStreamer has H264 in Debian without a download
  or another package.
`
}
