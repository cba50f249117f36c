// Lets programs that import the package by its name run on the source, so that nothing has to be built before.
import { register } from 'node:module'

const source = new URL('../../src/client/index.ts', import.meta.url).href
const hooks = `export const resolve = (name, context, next) =>
  next(name === 'arqonbus/client' ? ${JSON.stringify(source)} : name, context)`
register(`data:text/javascript,${encodeURIComponent(hooks)}`)
