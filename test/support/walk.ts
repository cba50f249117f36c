import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import { valid } from './arbitraries.ts'
import { exampleOf, type Operation, type Parameter, type Schema } from './openapi.ts'
import { until } from './until.ts'
import type { Sent, Walker } from './walker.ts'

/** What there is, by the name of the parameter that it stands in for. */
export type Living = Readonly<Record<string, string>>

/** Where webhooks lead, since no walk leaves this machine: it wants nothing, so that what is sent there is given up. */
async function openSink(t: TestContext): Promise<string> {
  const sink = createServer((request, response) => request.resume().on('end', () => response.writeHead(400).end()))
  sink.listen(0, '127.0.0.1')
  await once(sink, 'listening')
  t.after(() => {
    sink.close()
    sink.closeAllConnections()
  })
  return `http://127.0.0.1:${(sink.address() as AddressInfo).port}/hook`
}

/** Makes one of everything, so that a walk finds something. */
export async function furnish(t: TestContext, walker: Walker): Promise<Living> {
  const url = await openSink(t)
  const made = async (path: string, body: object): Promise<Living> =>
    JSON.parse((await walker.send('POST', `/v1/${path}`, body)).text)
  await made('rooms/lab/channels', { channel: 'bench' })
  const { rule_id = '' } = await made('webhooks', { url, room: 'lab', channel: 'bench' })
  await made('rooms/lab/channels/bench/messages', { payload: { text: 'hello' } })
  const { job_id = '' } = await made('cron', { room: 'lab', channel: 'bench', payload: {}, delay_seconds: 80_000 })
  const { substrate_id = '' } = await made('omega/substrates', { name: 'reservoir', kind: 'simulated' })
  await walker.send('PUT', '/v1/store/lab/planner', { value: { state: 'idle' } })
  const { id: client_id } = await walker.connect()
  let delivery_id = ''
  await until('a delivery is given up', async () => {
    const { text } = await walker.send('GET', '/v1/webhooks/dead-letters')
    delivery_id = JSON.parse(text).dead_letters[0]?.delivery_id ?? ''
    return delivery_id !== ''
  })
  const names = { room: 'lab', channel: 'bench', namespace: 'lab', key: 'planner' }
  return { ...names, url, rule_id, job_id, substrate_id, client_id, delivery_id }
}

/** Puts parts into a path, in the form in which they stand there. */
export function pathOf({ path }: Pick<Operation, 'path'>, partOf: (name: string) => string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => partOf(name))
}

/** The example of the document, for what is there. */
export function exampleRequest(operation: Operation, living: Living): Sent {
  const { method, parameters = [], requestBody } = operation
  const url = pathOf(operation, name => {
    const parameter = parameters.find(one => one.name === name)
    return encodeURIComponent(living[name] ?? String(parameter && exampleOf(parameter)))
  })
  if (requestBody === undefined) return { method, url }
  const example = requestBody.content['application/json']?.example as Record<string, unknown>
  const body = Object.entries(example).map(([name, value]) => [name, isThere(name) ? living[name] : value])
  return json(method, url, Object.fromEntries(body))
}

/** Whether what is there has to be named in a body. */
function isThere(name: string): boolean {
  return name === 'url' || name === 'substrate_id'
}

/** Requests as the document says they are to be. */
export function soundRequests(operation: Operation, living: Living): Arbitrary<Sent> {
  const { method, parameters = [] } = operation
  const named = (where: Parameter['in']): Arbitrary<Record<string, string>> => {
    const own = parameters.filter(one => one.in === where).map(one => [one.name, anyOf(one, living)])
    const all = fc.record<Record<string, string>>(Object.fromEntries(own))
    if (where === 'path') return all
    return fc.tuple(all, fc.subarray(own.map(([name]) => String(name)))).map(([given, names]) => pick(given, names))
  }
  const schema = bodySchemaOf(operation)
  const body = schema === undefined ? fc.constant(undefined) : valid(schema).map(value => withSink(value, living))
  return fc.tuple(named('path'), named('query'), named('header'), body).map(([inPath, inQuery, headers, value]) => {
    const path = pathOf(operation, name => encodeURIComponent(String(inPath[name])))
    const search = new URLSearchParams(inQuery).toString()
    return json(method, search === '' ? path : `${path}?${search}`, value, headers)
  })
}

/** Values of a parameter, with a liking for what is there. */
function anyOf({ name, schema }: Parameter, living: Living): Arbitrary<string> {
  const any = valid(schema).map(String)
  const known = living[name]
  return known === undefined
    ? any
    : fc.oneof({ arbitrary: fc.constant(known), weight: 3 }, { arbitrary: any, weight: 1 })
}

function pick(given: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)))
}

function json(method: string, url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Sent {
  if (body === undefined) return { method, url, headers }
  return { method, url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** No walk leaves this machine. */
export function withSink(body: unknown, { url }: Living): unknown {
  return typeof body === 'object' && body !== null && 'url' in body ? { ...body, url } : body
}

/** What the body of an operation is to be; undefined when it takes none. */
export function bodySchemaOf({ requestBody }: Operation): Schema | undefined {
  return requestBody?.content['application/json']?.schema
}
