import type { Messages } from './messages'

const spectators = (count: number) => (count === 1 ? 'spectator' : 'spectators')

export const en: Messages = {
  app: {
    name: 'Rampa',
    language: 'Language',
  },
  welcome: {
    lead: 'A theatre that you enter by a link',
    text: 'To see a play, open your personal link. It comes with your ticket or invitation.',
    hint: 'The link is your seat. Whoever else opens it takes the seat from you.',
  },
  gate: {
    checking: 'Checking your ticket…',
    admitted: 'Showing you to your seat…',
    unreachable: {
      title: 'The theatre does not answer',
      text: 'We keep knocking. Meanwhile, check that you are online.',
    },
    denied: {
      title: 'This link does not let you in',
      text: 'Check that it was copied whole. If the ticket was refunded or passed on, the old link no longer works.',
      action: 'Try again',
    },
    takenOver: {
      title: 'Your seat is taken on another device',
      text: 'The play was opened by your link somewhere else, and the seat moved there.',
      action: 'Come back here',
    },
    revoked: {
      title: 'This seat is no longer yours',
      text: 'The ticket was refunded, passed on or withdrawn. If that is a mistake, write to whoever sent you the link.',
      action: 'Check again',
    },
    outdated: {
      title: 'The theatre was renewed',
      text: 'A new version came out while you were here. Reload the page and we will bring you back to your seat.',
      action: 'Reload',
    },
    unsupported: {
      title: 'The play cannot be shown here',
      text: 'This program cannot receive live sound and picture. Open the same link in an ordinary browser.',
      action: 'Open in a browser',
    },
  },
  connection: {
    lost: 'Connection lost. Bringing you back to your seat…',
    mediaFailing: 'Picture and sound do not come through. Trying again…',
    detour: 'UDP is blocked here. Trying another way: TCP, a relay…',
    by: {
      tcp: 'UDP is blocked here, so we go by TCP',
      relay: 'There is no direct way from here, so we go by a relay',
    },
    way: {
      udp: 'Connected directly (UDP)',
      tcp: 'Connected by TCP: UDP is blocked here',
      relay: 'Connected through a relay',
    },
  },
  curtain: {
    raised: 'The curtain is up',
    lowered: 'The curtain is down',
    soon: 'We begin soon',
  },
  foyer: {
    kicker: 'Foyer',
    begins: 'Begins',
    houseTime: 'theatre time',
    cast: 'Cast',
    onNow: 'The play is on',
    waiting: 'The curtain is still down: there is time to look around',
    count: (count) => `${count} ${spectators(count)} in the house`,
    enter: 'Enter the house',
    poster: (title) => `Poster of “${title}”`,
    sound: {
      title: 'Check your sound',
      play: 'Play some applause',
      playing: 'Playing…',
      question: 'Can you hear it?',
      yes: 'Yes, I can',
      no: 'No',
      good: 'Splendid. We will hear each other inside!',
      advice:
        'Turn the volume up and silent mode off. If you wear headphones, check that they are connected, and try again.',
    },
  },
  house: {
    label: 'Stage',
    lighting: 'Lighting the stage…',
    empty: 'The stage is empty. Waiting for the actors',
    onlyVoice: 'Voice only',
    voices: 'Voices',
    speaks: 'speaking',
    tapForSound: 'Turn the sound on',
    mute: 'Mute',
    unmute: 'Unmute',
    whole: 'Show the whole picture',
    fill: 'Fill the screen',
    leave: 'Back to the foyer',
  },
  actor: {
    kicker: 'Stage door',
    greeting: (name) => `Welcome, ${name}!`,
    intro:
      'Let us check your camera and microphone before you go on. While you are backstage, the house neither sees nor hears you.',
    check: 'Turn on camera and microphone',
    again: 'Try again',
    asking: 'Answer the browser: allow camera and microphone',
    preview: 'You in the mirror',
    level: 'Microphone level',
    speak: 'Say something: the scale should come alive',
    heard: 'The microphone hears you',
    microphone: 'Microphone',
    camera: 'Camera',
    music: 'Music or an instrument: stereo, unprocessed',
    unnamed: (number) => `Device ${number}`,
    byVoice: 'You can play by voice without a camera: the house will see your name.',
    byPicture: 'Without a microphone the house will see you but not hear you.',
    neither: 'To go on stage you need a microphone or a camera.',
    missing: {
      audio: {
        denied:
          'The microphone is blocked. Press the sign to the left of the address, allow the microphone and try again.',
        'not-found': 'No microphone found. Connect one and try again.',
        busy: 'Another program holds the microphone. Close it and try again.',
        lost: 'The microphone was disconnected. Check its cable and try again.',
        insecure:
          'Browsers give the microphone to https pages only. Open the link that begins with https.',
      },
      video: {
        denied:
          'The camera is blocked. Press the sign to the left of the address, allow the camera and try again.',
        'not-found': 'No camera found. Connect one and try again.',
        busy: 'Another program holds the camera. Close it and try again.',
        lost: 'The camera was disconnected. Check its cable and try again.',
        insecure:
          'Browsers give the camera to https pages only. Open the link that begins with https.',
      },
    },
    takeStage: 'Go on stage',
    leaveStage: 'Leave the stage',
    backstage: 'You are backstage',
    onStage: 'You are on stage',
    seen: 'The curtain is up: the house sees you',
    unseen: 'The curtain is down: the house does not see you',
    monitor: 'On stage now',
    off: {
      audio: 'Turn the microphone off',
      video: 'Turn the camera off',
    },
    on: {
      audio: 'Turn the microphone on',
      video: 'Turn the camera on',
    },
    mutedByManager: {
      audio: 'The stage manager muted your sound',
      video: 'The stage manager muted your picture',
      both: 'The stage manager muted your sound and picture',
    },
    cameraOff: 'Camera is off',
  },
  console: {
    kicker: 'Stage manager’s console',
    curtain: 'Curtain',
    raise: 'Raise the curtain',
    lower: 'Lower the curtain',
    house: 'In the house',
    spectators: (count) => spectators(count),
    preview: 'Stage',
    previewHint: 'What the house sees when the curtain is up',
    delay: (ms) => `from camera to screen ${ms} ms`,
    listen: 'Listen to the stage',
    silence: 'Stop listening',
    actors: 'Actors',
    audience: 'Audience',
    crew: 'At the console',
    nobody: 'Nobody yet',
    you: 'that is you',
    speaks: 'speaking',
    online: 'online',
    offline: 'offline',
    place: {
      foyer: 'in the foyer',
      house: 'in the house',
      'green-room': 'backstage',
      'on-stage': 'on stage',
    },
    live: {
      audio: 'sound flows',
      video: 'picture flows',
    },
    still: {
      audio: 'no sound',
      video: 'no picture',
    },
    mute: {
      audio: (name) => `Mute the sound of ${name}`,
      video: (name) => `Mute the picture of ${name}`,
    },
    unmute: {
      audio: (name) => `Unmute the sound of ${name}`,
      video: (name) => `Unmute the picture of ${name}`,
    },
    muted: 'off',
    kind: {
      audio: 'Sound',
      video: 'Picture',
    },
    quality: {
      direction: {
        uplink: 'From them to the house',
        downlink: 'From the house to them',
      },
      fine: 'all is well',
      loss: (percent) => `weak link: ${percent} % lost`,
      delay: (ms) => `slow link: ${ms} ms there and back`,
      freezes: (percent) => `picture stands still ${percent} % of the time`,
      small: {
        uplink: (kbps) => `sends a smaller picture: ${kbps} kbit/s come through`,
        downlink: (kbps) => `shown small: link carries ${kbps} kbit/s`,
      },
      dark: (kbps) => `no room for a picture: link carries ${kbps} kbit/s`,
    },
  },
  failure: {
    offline: 'No connection to the theatre. Try when it is back.',
    timeout: 'The theatre did not answer in time. Try again.',
    other: 'That did not work. Try again.',
    close: 'Close',
  },
}
