/** Metrics in the text of Prometheus, by name: what kind they are of, and their lines. */
export function readMetrics(text: string): Map<string, { readonly kind: string; readonly lines: readonly string[] }> {
  const blocks = text.trimEnd().split('\n\n')
  return new Map(
    blocks.map(block => {
      const [, type = '', ...lines] = block.split('\n')
      const [, name = '', kind = ''] = /^# TYPE (\S+) (\S+)$/.exec(type) ?? []
      return [name, { kind, lines }]
    })
  )
}

/** How many series there are. */
export function countSeries(text: string): number {
  return text.split('\n').filter(line => line !== '' && !line.startsWith('#')).length
}

/** The value of one series, written as it stands in the text. */
export function sampleOf(text: string, series: string): number {
  const line = text.split('\n').find(one => one.startsWith(`${series} `))
  return line === undefined ? Number.NaN : Number(line.slice(series.length + 1))
}
