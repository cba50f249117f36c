/** Something that is known, or will be. */
export type Eventually<T> = T | Promise<T>

/** Goes on with a value: at once when it is known, so that nothing comes between. */
export function whenKnown<T, Result>(value: Eventually<T>, run: (value: T) => Result): Eventually<Result> {
  return value instanceof Promise ? value.then(run) : run(value)
}
