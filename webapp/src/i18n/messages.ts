import type { Kind, Place } from '../api/generated/protocol'
import type { Missing } from '../media/capture'
import type { Way } from '../media/route'

type Counted = (count: number) => string
type Named = (name: string) => string

/** A visible state with a heading, an explanation and perhaps a way out. */
export interface NoticeText {
  title: string
  text: string
  action?: string
}

type NoticeWithAction = Required<NoticeText>

/** Every text of the app. A language that lacks one does not compile. */
export interface Messages {
  app: { name: string; language: string }
  welcome: { lead: string; text: string; hint: string }
  gate: {
    checking: string
    admitted: string
    unreachable: NoticeText
    denied: NoticeWithAction
    takenOver: NoticeWithAction
    revoked: NoticeWithAction
    outdated: NoticeWithAction
    unsupported: NoticeWithAction
  }
  connection: {
    lost: string
    mediaFailing: string
    /** UDP does not get through, and other ways are being tried. */
    detour: string
    /** The way that was found in place of UDP. */
    by: Record<Exclude<Way, 'udp'>, string>
    /** The way in use, for the stage manager. */
    way: Record<Way, string>
  }
  curtain: { raised: string; lowered: string; soon: string }
  foyer: {
    kicker: string
    begins: string
    houseTime: string
    cast: string
    onNow: string
    waiting: string
    count: Counted
    enter: string
    poster: Named
    sound: {
      title: string
      play: string
      playing: string
      question: string
      yes: string
      no: string
      good: string
      advice: string
    }
  }
  house: {
    label: string
    lighting: string
    empty: string
    onlyVoice: string
    voices: string
    speaks: string
    tapForSound: string
    mute: string
    unmute: string
    whole: string
    fill: string
    leave: string
  }
  actor: {
    kicker: string
    greeting: Named
    intro: string
    check: string
    again: string
    asking: string
    preview: string
    level: string
    speak: string
    heard: string
    microphone: string
    camera: string
    music: string
    unnamed: Counted
    byVoice: string
    byPicture: string
    neither: string
    missing: Record<Kind, Record<Missing, string>>
    takeStage: string
    leaveStage: string
    backstage: string
    onStage: string
    seen: string
    unseen: string
    monitor: string
    off: Record<Kind, string>
    on: Record<Kind, string>
    mutedByManager: Record<Kind | 'both', string>
    cameraOff: string
  }
  console: {
    kicker: string
    curtain: string
    raise: string
    lower: string
    house: string
    spectators: Counted
    preview: string
    previewHint: string
    delay: Counted
    listen: string
    silence: string
    actors: string
    audience: string
    crew: string
    nobody: string
    you: string
    speaks: string
    online: string
    offline: string
    place: Record<Place, string>
    live: Record<Kind, string>
    still: Record<Kind, string>
    mute: Record<Kind, Named>
    unmute: Record<Kind, Named>
    muted: string
    kind: Record<Kind, string>
    /** How well somebody's link goes, and what is wrong with it. */
    quality: {
      direction: { uplink: string; downlink: string }
      fine: string
      loss: Counted
      delay: Counted
      freezes: Counted
      small: { uplink: Counted; downlink: Counted }
      dark: Counted
    }
  }
  failure: { offline: string; timeout: string; other: string; close: string }
}
