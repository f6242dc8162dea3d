import {
  type ClientMessage,
  type PersonId,
  type ServerEnvelope,
  type SessionResponse,
  VERSION,
} from '../../webapp/src/api/generated/protocol.ts'

const DEVICE = 'e2e-raw-device-000'

/** Opens a sitting with a link, without the web app. */
export async function sit(link: string): Promise<SessionResponse> {
  const response = await fetch('/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link: link.split('#')[1], device: DEVICE, language: 'en' }),
  })
  if (!response.ok) throw new Error(`refused with ${response.status}`)
  return (await response.json()) as SessionResponse
}

/**
 * Takes a seat with a token and says what `lines` has for whoever is welcomed, one after the
 * other; answers with what came back for each: the type of the answer, or the code of the error.
 */
export function converse(
  token: string,
  lines: (me: PersonId) => ClientMessage[],
): Promise<string[]> {
  const script: ClientMessage[] = [{ type: 'hello', body: { token, device: DEVICE } }]
  const answers: string[] = []
  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/ws`)
  const say = () => {
    const id = answers.length
    socket.send(JSON.stringify({ v: VERSION, id, ...script[id] }))
  }
  return new Promise((resolve, reject) => {
    socket.onopen = say
    socket.onclose = () => reject(new Error(`closed after ${JSON.stringify(answers)}`))
    socket.onmessage = ({ data }) => {
      const envelope = JSON.parse(String(data)) as ServerEnvelope
      if (envelope.id !== answers.length) return
      answers.push(envelope.type === 'error' ? envelope.body.code : envelope.type)
      const me = envelope.type === 'welcome' && envelope.body.snapshot?.me.id
      if (me) script.push(...lines(me))
      if (answers.length < script.length) return say()
      socket.onclose = null
      socket.close()
      resolve(answers)
    }
  })
}
