import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { Type } from '@sinclair/typebox'
import { command } from '../../src/bus/command.ts'
import type { Policy } from '../../src/casil/policy.ts'
import type { JsonObject } from '../../src/protocol/json.ts'
import { readCorpus } from '../fixtures/casil/corpus.mjs'
import type { ServerFrame } from '../helper.ts'
import { type BusStage, type Peer, type StageOptions, setBus } from './bus.ts'
import { KEY } from './gate.ts'

const MAX_PAYLOAD_BYTES = 20_000

/** Every decision that enforce mode knows, over the payloads below. */
const policy: Partial<Policy> = {
  enabled: true,
  mode: 'enforce',
  scope_include: ['vault*'],
  block_on_probable_secret: true,
  max_payload_bytes: MAX_PAYLOAD_BYTES,
  redaction_paths: ['card'],
  redaction_patterns: ['[psr]k_live_[0-9A-Za-z]{8,}'],
  secret_rules: true,
  transport_redaction: true
}

/** What may be wrong with a payload, at every place of it. */
const own: readonly JsonObject[] = [
  {},
  { text: 'good morning' },
  { key: KEY },
  { [KEY]: 1 },
  { list: [1, [2, { deep: `the key ${KEY}, as agreed` }]] },
  { card: '4111 1111 1111 1111' },
  { order: { card: { number: 1, holder: 'A' } }, text: 'paid' },
  { card: null, key: KEY },
  { text: 'x'.repeat(MAX_PAYLOAD_BYTES) },
  { text: 'x'.repeat(MAX_PAYLOAD_BYTES), key: KEY },
  { text: 'x'.repeat(MAX_PAYLOAD_BYTES), card: 1 },
  { text: 'half \ud83e of a pair', '\udc00': 1 },
  { text: '\u0000 \u2028 é 漢字 🙂', number: -1.5e300, truth: [true, false, null] },
  { nested: JSON.parse(`${'[['.repeat(8)}"${KEY}"${']]'.repeat(8)}`) },
  { list: Array.from({ length: 1_000 }, (_, index) => index) },
  { card: KEY }
]

/** 50 payloads, in the shape that all doors take. */
export const payloads: readonly JsonObject[] = [...own, ...pick('positives', 17), ...pick('negatives', 17)].map(
  payload => ({
    eventType: 'any',
    payload
  })
)

/** Some lines of the corpus, from all over it. */
function pick(name: 'positives' | 'negatives', count: number): JsonObject[] {
  const lines = readCorpus(name).filter(({ payload }) => JSON.stringify(payload).length < 4_000)
  const step = Math.floor(lines.length / count)
  return Array.from({ length: count }, (_, index) => lines[index * step]?.payload ?? assert.fail('too few lines'))
}

/** A way into the bus: the frame that carries a payload to a place. */
export interface Door {
  readonly name: string
  readonly frame: (room: string, channel: string, payload: JsonObject, target: string) => ServerFrame
  /** Whether the sender is told that it went well. */
  readonly isAnswered: boolean
  /** Whether the payload ends up in the history of the place, and whether the other client gets it. */
  readonly isStored: boolean
  readonly isDelivered: boolean
}

function publishing(type: string, isAnswered = true): Door {
  const frame: Door['frame'] = (room, channel, payload) => ({ type, room, channel, payload })
  return { name: type, frame, isAnswered, isStored: true, isDelivered: true }
}

/** All ways in. */
export const doors: readonly Door[] = [
  publishing('message'),
  publishing('event'),
  publishing('telemetry', false),
  publishing('system'),
  {
    ...publishing('message'),
    name: 'message with both names in one',
    frame: (room, channel, payload) => ({ type: 'message', room: `${room}:${channel}`, payload })
  },
  {
    ...publishing('private'),
    name: 'private with a room',
    frame: (room, channel, payload, target) => ({ type: 'private', room, channel, to: target, payload }),
    isStored: false
  },
  {
    ...publishing('message'),
    name: 'message with a target',
    frame: (room, channel, payload, target) => ({ type: 'message', room, channel, to: target, payload }),
    isStored: false
  },
  {
    name: 'arguments of a command',
    frame: (room, channel, payload) => ({ type: 'command', command: 't.keep', args: { room, channel, payload } }),
    isAnswered: true,
    isStored: false,
    isDelivered: false
  },
  {
    name: 'arguments of a command, by its other names for a place',
    frame: (room, channel, payload) => ({
      type: 'command',
      command: 't.keep',
      args: { channel_id: `${room}:${channel}`, payload }
    }),
    isAnswered: true,
    isStored: false,
    isDelivered: false
  }
]

const generous: StageOptions = {
  limits: { publishPerSecond: 100_000, publishBurst: 100_000, commandsPerSecond: 100_000, commandBurst: 100_000 }
}

/** A bus with a command that keeps what it is given, an admin who sends, and a client who listens to `vault:ops`. */
export class Hall {
  readonly stage: BusStage
  readonly ada: Peer
  readonly bob: Peer
  /** How often the command was carried out. */
  kept = 0
  #sentCount = 0

  constructor(stage: BusStage) {
    this.stage = stage
    this.ada = stage.connect({ role: 'admin' })
    this.bob = stage.connect()
    const keep = command({
      name: 't.keep',
      summary: 'Keeps what it is given.',
      role: 'user',
      isAddressed: true,
      args: Type.Object({ room: Type.String(), channel: Type.String() }, { additionalProperties: true }),
      result: Type.Object({}),
      run: (hall: Hall) => {
        hall.kept++
        return { message: 'kept', data: {} }
      }
    })
    stage.bus.commands.add<Hall>(this, keep)
  }

  static async open(t: TestContext, changes: Partial<Policy> = {}): Promise<Hall> {
    const hall = new Hall(await setBus(t, { ...generous, policy: { ...policy, ...changes } }))
    await hall.bob.join('vault:ops')
    return hall
  }

  /** Sends a payload to the room `vault` through a door, and tells all that came of it. */
  send(door: Door, payload: JsonObject, channel = 'ops') {
    const { stage, ada, bob } = this
    const before = { counts: countsOf(stage), stored: stage.broker.stats().messages, kept: this.kept }
    const seen = bob.frames.length
    const answers = ada.ask({ ...door.frame('vault', channel, payload, bob.id), id: `arq_${++this.#sentCount}` })
    return {
      answers,
      verdict: differenceOf(before.counts, countsOf(stage)),
      delivered: bob.frames.slice(seen),
      stored: stage.broker.stats().messages - before.stored,
      kept: this.kept - before.kept
    }
  }
}

/** How often everything was decided. */
export function countsOf({ gate }: BusStage): Map<string, number> {
  return new Map(gate.counts().map(({ decision, reason, count }) => [`${decision} ${reason}`, count]))
}

/** The one verdict that was counted in between. */
function differenceOf(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string {
  const grown = [...after].filter(([verdict, count]) => count !== (before.get(verdict) ?? 0))
  assert.equal(grown.length, 1, 'it was inspected once')
  const [verdict, count] = grown[0] ?? ['', 0]
  assert.equal(count - (before.get(verdict) ?? 0), 1)
  return verdict
}

/** What is decided about a payload for `vault:ops`. */
export function expectedOf({ gate }: BusStage, payload: JsonObject): string {
  const { decision, reason } = gate.judge({ room: 'vault', channel: 'ops', kind: 'data', payload, text: undefined })
  return `${decision} ${reason}`
}
