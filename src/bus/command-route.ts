import { type TObject, type TSchema, Type } from '@sinclair/typebox'
import type { ErrorCode } from '../errors.ts'
import type { JsonObject } from '../protocol/json.ts'
import type { AnyCommand } from './command.ts'

/** A command behind another door: which request runs it, and where its arguments stand. */
export interface CommandRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path; a part that begins with a colon is the argument of that name. */
  readonly url: string
  readonly command: string
  /** Group of the documentation. */
  readonly tag: string
  /** Status of a success. */
  readonly status?: number
  /** Arguments that are always the same, and are not offered. */
  readonly fixed?: JsonObject
  /** Arguments that are not offered here. */
  readonly hidden?: readonly string[]
  /** What it can be refused with beside what any other route can, for documents. */
  readonly refusals?: readonly ErrorCode[]
}

/** The parts of a request that hold the arguments of a command. */
export interface RequestSchema {
  readonly params?: TObject
  readonly querystring?: TObject
  readonly body?: TObject
}

/** Where the arguments of a command stand in the request: in the path, and beside it in the query or the body. */
export function requestSchemaOf(route: CommandRoute, { args }: Pick<AnyCommand<never>, 'args'>): RequestSchema {
  const inPath = namesInPath(route.url)
  const elsewhere = new Set([...inPath, ...Object.keys(route.fixed ?? {}), ...(route.hidden ?? [])])
  const rest = partOf(args, name => !elsewhere.has(name))
  const hasRest = Object.keys(rest.properties).length > 0
  return {
    ...(inPath.length > 0 ? { params: Type.Required(partOf(args, name => inPath.includes(name))) } : {}),
    ...(hasRest ? { [hasQuery(route) ? 'querystring' : 'body']: rest } : {})
  }
}

/** Whether what is not in the path stands in the query. */
export function hasQuery({ method }: Pick<CommandRoute, 'method'>): boolean {
  return method === 'GET' || method === 'DELETE'
}

function namesInPath(url: string): string[] {
  return [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
}

/** The properties of a schema that are meant, with what the whole says of its examples. */
function partOf(schema: TObject, isMeant: (name: string) => boolean): TObject {
  const properties = Object.fromEntries(Object.entries<TSchema>(schema.properties).filter(([name]) => isMeant(name)))
  const { examples } = schema
  const cut = Array.isArray(examples) ? examples.map((example: object) => pick(example, isMeant)) : undefined
  return Type.Object(properties, { additionalProperties: false, ...(cut ? { examples: cut } : {}) })
}

function pick(example: object, isMeant: (name: string) => boolean): object {
  return Object.fromEntries(Object.entries(example).filter(([name]) => isMeant(name)))
}

/** Name of the operation in documents: that of the command in one word. */
export function operationOf({ command }: Pick<CommandRoute, 'command'>): string {
  return command.replace(/^op\./, '').replace(/[._](\w)/g, (_, letter: string) => letter.toUpperCase())
}
