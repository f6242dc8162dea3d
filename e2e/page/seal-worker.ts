/**
 * Seals the frames that a page sends and opens those that it receives, end to end: AES-GCM with a
 * key that the house does not have. What is left in the clear is what any node has to read of
 * VP8, the frame header (RFC 6386 section 9.1); of sound nothing is.
 */

// The scope of a worker, as far as it is used; TypeScript's DOM knows that of a page.
interface TransformScope {
  onrtctransform: ((event: { transformer: Transformer }) => void) | null
}
interface Transformer {
  readable: ReadableStream<Frame>
  writable: WritableStream<Frame>
  options: SealOptions
}
type Frame = RTCEncodedVideoFrame | RTCEncodedAudioFrame

/** What a transform is told. */
export interface SealOptions {
  side: 'send' | 'receive'
  /** Null for somebody who has none: what is sealed is dropped, for it would sound as noise. */
  key: CryptoKey | null
}

const KEYFRAME_HEADER = 10
const DELTA_FRAME_HEADER = 3
/** Bytes of an AES-GCM nonce; it follows the ciphertext. */
const NONCE = 12

/** Bytes at the start of a frame that are left in the clear. */
function clearBytes(frame: Frame): number {
  if (!('type' in frame)) return 0
  return frame.type === 'key' ? KEYFRAME_HEADER : DELTA_FRAME_HEADER
}

async function seal(frame: Frame, key: CryptoKey): Promise<void> {
  const plain = new Uint8Array(frame.data)
  const clear = plain.subarray(0, clearBytes(frame))
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE))
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: clear }
  const sealed = await crypto.subtle.encrypt(algorithm, key, plain.subarray(clear.length))
  frame.data = joined(clear, new Uint8Array(sealed), nonce)
}

async function open(frame: Frame, key: CryptoKey): Promise<void> {
  const whole = new Uint8Array(frame.data)
  const clear = whole.subarray(0, clearBytes(frame))
  const nonce = whole.subarray(whole.length - NONCE)
  const sealed = whole.subarray(clear.length, whole.length - NONCE)
  const algorithm = { name: 'AES-GCM', iv: nonce, additionalData: clear }
  const opened = await crypto.subtle.decrypt(algorithm, key, sealed)
  frame.data = joined(clear, new Uint8Array(opened))
}

function joined(...parts: Uint8Array[]): ArrayBuffer {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole.buffer
}

const scope = globalThis as unknown as TransformScope
scope.onrtctransform = ({ transformer: { readable, writable, options } }) => {
  const { key, side } = options
  const through = new TransformStream<Frame, Frame>({
    async transform(frame, controller) {
      if (key === null) return
      try {
        await (side === 'send' ? seal(frame, key) : open(frame, key))
      } catch {
        // Another key's frame, or none's.
        return
      }
      controller.enqueue(frame)
    },
  })
  void readable.pipeThrough(through).pipeTo(writable)
}
