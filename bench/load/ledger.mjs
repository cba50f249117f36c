/**
 * What every member received from every publisher, exactly. A pair is one (member, publisher); each publisher
 * counts its messages 1, 2, 3, … and a pair must see every number once and in that order.
 */
export class Ledger {
  duplicated = 0
  outOfOrder = 0
  /** Deliveries that were the first of their (pair, counter). */
  received = 0
  #last
  #missing = new Set()

  constructor(pairs) {
    this.#last = new Uint32Array(pairs)
  }

  /** Notes one delivery; true when this pair has not had this counter before. */
  note(pair, counter) {
    const last = this.#last[pair]
    if (counter === last + 1) {
      this.#last[pair] = counter
      this.received++
      return true
    }
    return this.#noteIrregular(pair, counter, last)
  }

  #noteIrregular(pair, counter, last) {
    if (counter > last) {
      for (let skipped = last + 1; skipped < counter; skipped++) this.#missing.add(`${pair}:${skipped}`)
      this.#last[pair] = counter
    } else if (this.#missing.delete(`${pair}:${counter}`)) {
      this.outOfOrder++
    } else {
      this.duplicated++
      return false
    }
    this.received++
    return true
  }
}
