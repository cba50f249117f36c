import type { Command } from 'commander'
import { isObject } from '../client/frames.ts'
import type { JsonObject } from '../protocol/json.ts'
import { type AccessOptions, readHttpAccess, takeHttpOptions } from './access.ts'
import { countOf, formatAge, formatBytes } from './print/age.ts'
import { Output } from './print/output.ts'
import type { Column } from './print/table.ts'
import { askServer } from './request.ts'
import type { Terminal } from './terminal.ts'

const PAGE_SIZE = 500

/** `arqon clients`: who is connected, for operators [operators.md, Admin REST]. */
export function declareClients(program: Command, terminal: Terminal): void {
  const command = program.command('clients').description('list the clients that are connected, for operators')
  takeHttpOptions(command).action(async (options: AccessOptions) => {
    const output = new Output(terminal, options)
    const columns = columnsOf(terminal.now())
    const access = readHttpAccess(options, terminal, command)
    let cursor: string | undefined
    let count = 0
    do {
      const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(cursor === undefined ? {} : { cursor }) })
      const answer = await askServer(terminal, access, { path: `v1/clients?${query}`, name: 'clients' })
      const { clients, next_cursor: next } = isObject(answer) ? answer : {}
      const rows = Array.isArray(clients) ? clients.filter(isObject) : []
      output.printRows(columns, rows)
      count += rows.length
      cursor = typeof next === 'string' ? next : undefined
    } while (cursor !== undefined)
    output.remark(countOf(count, 'client'))
  })
}

function columnsOf(nowMs: number): Column<JsonObject>[] {
  return [
    { head: 'client', value: client => textOf(client.client_id), paint: style => style.cyan },
    { head: 'type', value: client => textOf(client.client_type) },
    { head: 'role', value: client => textOf(client.role) },
    { head: 'subject', value: client => textOf(client.subject ?? client.screen_name) },
    { head: 'connected', value: client => formatAge(client.connected_at, nowMs), paint: style => style.dim },
    { head: 'in', value: client => textOf(client.frames_received), isRight: true },
    { head: 'out', value: client => textOf(client.frames_sent), isRight: true },
    {
      head: 'waiting',
      value: client => formatBytes(Number(client.outbox_bytes)),
      isRight: true,
      paint: (style, client) => (Number(client.outbox_bytes) > 0 ? style.yellow : style.dim)
    },
    { head: 'channels', value: client => (Array.isArray(client.channels) ? client.channels.join(' ') : '-') }
  ]
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '-' : String(value)
}
