import assert from 'node:assert/strict'
import test from 'node:test'
import { Schedule } from './schedule.ts'

test('what is due comes in the order of its time, and of equal times as it was added', () => {
  const schedule = new Schedule<string>()
  assert.equal(schedule.next, null)
  for (const [at, value] of [
    [20, 'c'],
    [10, 'a'],
    [10, 'b'],
    [30, 'd'],
  ] as const) {
    schedule.add(at, value)
  }
  assert.equal(schedule.next, 10)
  assert.deepEqual(schedule.due(9), [])
  assert.deepEqual(
    schedule.due(20).map(({ value }) => value),
    ['a', 'b', 'c'],
  )
  assert.deepEqual([schedule.size, schedule.next], [1, 30])
  assert.deepEqual(schedule.due(99), [{ at: 30, value: 'd' }])
  assert.deepEqual([schedule.size, schedule.next], [0, null])
})
