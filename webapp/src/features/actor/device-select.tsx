import { useId } from 'preact/hooks'
import type { Kind } from '../../api/generated/protocol'
import { Icon } from '../../components/icon'
import { useReadable } from '../../components/use-readable'
import { useText } from '../../i18n/use-text'
import type { Capture, Device } from '../../media/capture'

interface DeviceSelectProps {
  capture: Capture
  kind: Kind
  device: Device
}

/** Which microphone or camera, or why there is none and what to do about it. */
export function DeviceSelect({ capture, kind, device }: DeviceSelectProps) {
  const { actor } = useText()
  const id = useId()
  const choices = useReadable(capture.choices)[kind]
  const label = kind === 'audio' ? actor.microphone : actor.camera
  const current = device.kind === 'on' ? device.track.getSettings().deviceId : undefined
  return (
    <div class="device" data-testid={`device-${kind}`} data-state={device.kind}>
      <label for={id} class="device-label">
        <Icon name={kind === 'audio' ? 'microphone' : 'camera'} off={device.kind === 'off'} />
        {label}
      </label>
      <select
        id={id}
        value={current ?? ''}
        disabled={choices.length === 0}
        data-testid={`select-${kind}`}
        onChange={(event) => void capture.choose(kind, event.currentTarget.value)}
      >
        {!choices.some((choice) => choice.id === current) && <option value="">—</option>}
        {choices.map((choice, index) => (
          <option key={choice.id} value={choice.id}>
            {choice.label || actor.unnamed(index + 1)}
          </option>
        ))}
      </select>
      {device.kind === 'off' && (
        <p class="advice" role="status" data-testid={`missing-${kind}`} data-why={device.why}>
          {actor.missing[kind][device.why]}
        </p>
      )}
    </div>
  )
}
