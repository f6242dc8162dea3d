import assert from 'node:assert/strict'
import test from 'node:test'
import { decode, encode } from '../page/barcode.ts'

test('a time is read as it was painted, and never with a cell misread', () => {
  for (const time of [0, 1, 0x123456, 0xabcdef, 2 ** 24 - 1]) {
    const cells = encode(time)
    assert.equal(cells.length, 32)
    assert.equal(decode(cells), time)
    for (let cell = 0; cell < cells.length; cell++) {
      assert.equal(decode(cells.with(cell, !cells[cell])), null, `cell ${cell} of ${time}`)
    }
  }
})

test('a dark picture is no time', () => {
  assert.equal(decode(Array.from({ length: 32 }, () => false)), null)
})
