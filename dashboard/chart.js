import { count, h } from './dom.js'
import { CHART_SECONDS } from './samples.js'

const HEIGHT = 132

/** A chart of the last 15 minutes, in the colours of the theme. */
export class Chart {
  element = h('div', { class: 'chart', 'aria-hidden': 'true' })
  #lines
  #format
  #plot
  #data
  #watcher = new ResizeObserver(() => this.#fit())

  /** @param lines `{label, color}` each, the colour by the name of a CSS variable. @param format of a value on the axis */
  constructor(lines, format = count) {
    this.#lines = lines
    this.#format = format
    this.#data = [[], ...lines.map(() => [])]
    this.#watcher.observe(this.element)
  }

  /** Shows other points; the newest time is that of now. */
  set points(points) {
    this.#data = points
    this.#plot?.setData(points, false)
    const now = points[0].at(-1) ?? Date.now() / 1000
    this.#plot?.setScale('x', { min: now - CHART_SECONDS, max: now })
  }

  /** Draws anew, in the colours that are now. */
  repaint() {
    this.#plot?.destroy()
    this.#plot = undefined
    this.#fit()
  }

  close() {
    this.#watcher.disconnect()
    this.#plot?.destroy()
  }

  #fit() {
    const width = this.element.clientWidth
    if (width === 0) return
    if (this.#plot) return this.#plot.setSize({ width, height: HEIGHT })
    this.#plot = new globalThis.uPlot(this.#options(width), this.#data, this.element)
    this.points = this.#data
  }

  #options(width) {
    const axis = {
      stroke: resolve(this.element, '--faint'),
      font: '11px system-ui, sans-serif',
      grid: { stroke: resolve(this.element, '--grid'), width: 1 },
      ticks: { show: false }
    }
    return {
      width,
      height: HEIGHT,
      padding: [8, 18, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: true, auto: false },
        y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.15 : 1] }
      },
      axes: [
        { ...axis, space: 70, size: 24, values: (_plot, splits) => splits.map(clockOf) },
        { ...axis, space: 30, size: 52, values: (_plot, splits) => splits.map(this.#format) }
      ],
      series: [
        {},
        ...this.#lines.map(line => ({
          label: line.label,
          stroke: resolve(this.element, line.color),
          width: 1.6,
          spanGaps: false,
          points: { show: false }
        }))
      ]
    }
  }
}

/** A CSS variable as a colour that a canvas understands. */
function resolve(element, name) {
  const probe = h('span')
  probe.style.color = `var(${name})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

function clockOf(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
}
