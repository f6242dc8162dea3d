/** What is due at a time. */
interface Item<T> {
  at: number
  value: T
}

/** Values in the order of their times; of equal times, the one that was added first. */
export class Schedule<T> {
  readonly #items: Item<T>[] = []

  get size(): number {
    return this.#items.length
  }

  /** The next time at which something is due. */
  get next(): number | null {
    return this.#items[0]?.at ?? null
  }

  add(at: number, value: T): void {
    // Nearly everything comes last.
    let place = this.#items.length
    while (place > 0 && (this.#items[place - 1] as Item<T>).at > at) place--
    this.#items.splice(place, 0, { at, value })
  }

  /** Takes everything that is due, with its time. */
  due(now: number): Item<T>[] {
    const end = this.#items.findIndex(({ at }) => at > now)
    return this.#items.splice(0, end < 0 ? this.#items.length : end)
  }
}
