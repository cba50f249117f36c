/** How often the numbers are read, and for how long they are kept: the alerts look back further than the charts. */
export const POLL_MS = 2_000
export const CHART_SECONDS = 900
const KEPT_SECONDS = 1_860
const MAX_SAMPLES = 1_000
/** Over how long what is measured of samples is looked at: there may be none for some seconds. */
const WINDOW_SECONDS = 30
/** After a silence of this length a line is broken: nothing is known of what was between. */
const GAP_SECONDS = 7

/** The numbers of `/metrics` as they were, each with its time in seconds. */
export class Samples {
  #list = []

  /** All that is kept, oldest first: `{at, values}`. */
  get list() {
    return this.#list
  }

  get last() {
    return this.#list.at(-1)
  }

  /** Keeps what `/metrics` answered. */
  add(at, answer) {
    this.#list.push({ at, values: flatten(answer) })
    const oldest = at - KEPT_SECONDS
    const from = this.#list.findIndex(sample => sample.at >= oldest)
    const surplus = Math.max(from, this.#list.length - MAX_SAMPLES)
    if (surplus > 0) this.#list = this.#list.slice(surplus)
  }

  /**
   * The points of lines for a chart: times, and for each function what it makes of a sample, the one before, and the one of half a minute
   * before. A missing value is null, and so is one point in every gap.
   */
  points(functions) {
    const columns = [[], ...functions.map(() => [])]
    const push = (at, values) => {
      columns[0].push(at)
      for (const [index, value] of values.entries()) columns[index + 1].push(Number.isFinite(value) ? value : null)
    }
    let previous
    let begin = 0
    for (const [index, sample] of this.#list.entries()) {
      if (previous !== undefined && sample.at - previous.at > GAP_SECONDS) {
        push(
          previous.at + 1,
          functions.map(() => null)
        )
        previous = undefined
        begin = index
      }
      while (this.#list[begin].at < sample.at - WINDOW_SECONDS) begin++
      push(
        sample.at,
        functions.map(each => each(sample, previous, previous && this.#list[begin]))
      )
      previous = sample
    }
    return columns
  }

  /** The sample as old as that, or the oldest there is. */
  before(seconds) {
    const { at } = this.last
    return this.#list.find(sample => sample.at >= at - seconds) ?? this.#list[0]
  }
}

/** The sum of a family, of those of its series whose labels fit; 0 when there are none. */
export function sumOf({ values }, family, fits = () => true) {
  const series = values[family]
  if (series === undefined) return 0
  if (typeof series === 'number') return series
  return series.reduce((sum, entry) => (fits(entry) ? sum + entry.value : sum), 0)
}

/** How much a counter grows in a second from one sample to another; undefined without a former one, or after a new start. */
export function rateOf(sample, former, family, fits) {
  const grown = growthOf(sample, former, family, fits)
  return grown === undefined ? undefined : grown / (sample.at - former.at)
}

/** How much a counter has grown from one sample to another. */
export function growthOf(sample, former, family, fits) {
  if (former === undefined || former.at >= sample.at) return undefined
  if (former.values.arqonbus_uptime_seconds > sample.values.arqonbus_uptime_seconds) return undefined
  return sumOf(sample, family, fits) - sumOf(former, family, fits)
}

/** The value under which so much of what a histogram took between two samples lies; undefined when it took nothing. */
export function quantileOf(share, sample, former, family) {
  const buckets = (sample.values[`${family}_bucket`] ?? []).map(({ le, value }) => ({
    bound: le === '+Inf' ? Infinity : Number(le),
    total: value - (former === undefined ? NaN : sumOf(former, `${family}_bucket`, entry => entry.le === le))
  }))
  const all = buckets.at(-1)?.total
  if (!(all > 0)) return undefined
  const index = buckets.findIndex(({ total }) => total >= share * all)
  const { bound, total } = buckets[index]
  const below = buckets[index - 1] ?? { bound: 0, total: 0 }
  if (bound === Infinity) return below.bound
  return below.bound + ((share * all - below.total) / (total - below.total)) * (bound - below.bound)
}

/** Families without those of no use here, to keep half an hour of them small. */
function flatten(answer) {
  const kept = {}
  for (const [name, value] of Object.entries(answer)) {
    const isBucket = name.endsWith('_bucket')
    if (!isBucket || name.startsWith('arqonbus_publish_deliver')) kept[name] = value
  }
  return kept
}
