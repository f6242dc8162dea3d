import assert from 'node:assert/strict'
import { journey } from '../harness/journey.ts'
import { theWholePlay } from '../harness/whole-play.ts'

journey(
  'play',
  'an actor plays, a ticket holder sees and hears, the stage manager leads',
  (scene) => {
    assert.equal(new URL(scene.house.origin).protocol, 'http:')
    return theWholePlay(scene)
  },
)
