/** Median and range of numbers; null of none. */
export function spread(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b)
  if (sorted.length === 0) return null
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2
  return { median, min: sorted[0], max: sorted.at(-1) }
}

/** The figure that decides a scenario, in the unit of its kind. */
const mainFigures = {
  flow: result => (result.cpuSeconds / result.deliveries) * 1e6,
  echo: result => result.p50Ms,
  idle: result => result.residentKbPerConnection,
  storm: result => (result.cpuSeconds / result.deliveries) * 1e6
}

export const mainFigure = (scenario, result) => mainFigures[scenario.kind](result)

/** Spread of the ratios of `figure` between the runs of two servers, each run compared with its neighbour in time. */
export function ratio(ours, theirs, figure) {
  const runs = ours.map((result, run) => (result && theirs[run] ? figure(result) / figure(theirs[run]) : Number.NaN))
  return spread(runs)
}
