// Chance that can be repeated: BATON_SEED=… gives the same choices again.

export class Chance {
  constructor(seed = Number(process.env.BATON_SEED) || Date.now() % 2 ** 31) {
    this.seed = seed
    this.state = seed >>> 0
  }

  /** From 0 up to, not including, `limit`. */
  below(limit) {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = this.state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  one(choices) {
    return choices[this.below(choices.length)]
  }

  percent(share) {
    return this.below(100) < share
  }
}
