/** Paints visible text. */
export type Paint = (text: string) => string

/** Colours for people, or none. */
export interface Style {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly green: Paint
  readonly yellow: Paint
  readonly cyan: Paint
}

/** Leaves text as it is. */
export const plain: Paint = text => text

/** Text without colours. */
export const unstyled: Style = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain }

const coloured: Style = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  red: paint(31, 39),
  green: paint(32, 39),
  yellow: paint(33, 39),
  cyan: paint(36, 39)
}

/** The style of a stream: colours on a terminal that knows them, unless `NO_COLOR` is set to anything but nothing. */
export function styleOf(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): Style {
  const isPlain = !isTerminal || Boolean(env.NO_COLOR) || env.TERM === 'dumb'
  return isPlain ? unstyled : coloured
}

function paint(on: number, off: number): Paint {
  return text => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`)
}
