import type { Command } from 'commander'
import { isObject } from '../client/frames.ts'
import { splitAddress } from '../protocol/address.ts'
import { parseArguments } from './arguments.ts'
import { formatJson } from './json.ts'
import { type Answered, declareOperations, type Operation } from './operations.ts'
import { checkObject, parseChannel, parseObject } from './options.ts'
import { describeRecord } from './print/record.ts'
import { formatFields } from './print/table.ts'
import type { Terminal } from './terminal.ts'

/** `arqon casil`: the policy by which contents are inspected [casil.md, Commands]. */
export function declareCasil(program: Command, terminal: Terminal): void {
  const group = program.command('casil').description('read, change and try the policy by which contents are inspected')
  declareOperations(group, terminal, operations)
}

const operations: readonly Operation[] = [
  { name: 'get', summary: 'print the policy', command: 'op.casil.get', print: printPolicy },
  {
    name: 'set',
    summary: 'change any part of the policy; it applies from the next message on',
    command: 'op.casil.reload',
    take: command => command.argument('<settings...>', 'key=value for each, or a JSON object: mode=enforce'),
    args: ({ values }) => parseArguments(values),
    print: printPolicy
  },
  {
    name: 'test',
    summary: 'say what would happen to a payload, and why, without sending it',
    command: 'op.casil.test',
    take: command =>
      command.argument('<address>', 'room:channel', parseChannel).argument('<payload>', 'JSON object', checkObject),
    args: ({ values: [address = '', payload = ''] }) => ({ ...splitAddress(address), payload: parseObject(payload) }),
    print: printVerdict
  }
]

function printPolicy({ data, nowMs, output }: Answered): void {
  output.print(data, () => describeRecord(data, output.style, nowMs))
}

function printVerdict({ data, output }: Answered): void {
  const { style } = output
  const { classification, decision, fired, payload, policy_code: code, reason_code: reason } = data
  output.print(data, () =>
    formatFields(
      [
        ['decision', (decision === 'BLOCK' ? style.red : style.green)(String(decision))],
        ['reason', `${reason}${typeof code === 'string' ? `, ${code}` : ''}`],
        ['risk', isObject(classification) ? String(classification.risk_level) : undefined],
        ['rules', Array.isArray(fired) && fired.length > 0 ? fired.join(', ') : undefined],
        ['delivered', payload === null || payload === undefined ? 'nothing' : formatJson(payload)]
      ],
      style
    )
  )
}
