import type { Random } from './random.ts'

/**
 * Loss by the model of Gilbert and Elliott: a link is either well or ill, and loses packets with
 * a probability of its own in each state. With `illness` 0 losses have nothing to do with each
 * other.
 */
export interface Loss {
  /** The probability that a packet is lost while the link is well. */
  well: number
  /** The probability that a packet is lost while the link is ill. */
  ill: number
  /** The probability, at each packet, that a well link falls ill. */
  illness: number
  /** The probability, at each packet, that an ill link recovers. */
  recovery: number
}

/** Nothing is lost. */
export const NO_LOSS: Loss = { well: 0, ill: 0, illness: 0, recovery: 1 }

/** Each packet is lost with the same probability, whatever became of the others. */
export function randomLoss(probability: number): Loss {
  return { ...NO_LOSS, well: probability }
}

/** A share of all packets is lost, in bursts of a mean length in packets. */
export function burstLoss(share: number, length: number): Loss {
  const recovery = 1 / length
  // Of a chain with these probabilities the share of time spent ill is i / (i + r).
  return { well: 0, ill: 1, illness: (share * recovery) / (1 - share), recovery }
}

/** Which packets of a link are lost. */
export class LossChain {
  readonly #random: Random
  #ill = false

  constructor(random: Random) {
    this.#random = random
  }

  /** Whether the next packet is lost. */
  loses(loss: Loss): boolean {
    const turns = this.#random() < (this.#ill ? loss.recovery : loss.illness)
    if (turns) this.#ill = !this.#ill
    return this.#random() < (this.#ill ? loss.ill : loss.well)
  }
}
