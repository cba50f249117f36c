import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/protocol/json.ts'
import { Signal } from '../../../src/structures/signal.ts'
import { type Act, Activity, type Agent } from '../../../src/telemetry/activity.ts'
import type { ServerFrame } from '../../helper.ts'
import { FakeClock } from '../../support/clock.ts'

class ActivityStage {
  readonly clock = new FakeClock()
  readonly acts = new Signal<[agent: Agent, act: Act]>()
  readonly told: [tenant: string, facts: ServerFrame][] = []
  readonly activity: Activity
  isWatched = true

  constructor(activityPerSecond = 10, activityTotalPerSecond = 500) {
    this.activity = new Activity({
      acts: this.acts,
      clock: this.clock,
      limits: { activityPerSecond, activityTotalPerSecond },
      isWatched: () => this.isWatched,
      post: (tenant: string, { eventType, payload }: JsonObject) => {
        assert.equal(eventType, 'agent_activity')
        this.told.push([tenant, payload as ServerFrame])
      }
    })
  }

  act(agent: Agent, parts: Partial<Act> = {}): void {
    this.acts.emit(agent, { type: 'message', room: 'lab', channel: 'one', ...parts })
  }
}

function agentOf(identity: Partial<Agent['identity']> = {}, id = 'arq_client_1'): Agent {
  return { id, identity: { tenant: 'acme', clientType: 'ai-agent', ...identity } }
}

test('what an agent does is told to its tenant, without what it says', () => {
  const stage = new ActivityStage()
  const act = { type: 'message', room: 'lab', channel: 'one', payload: { secret: 1 }, metadata: { secret: 2 } }
  stage.acts.emit(agentOf(), act)
  assert.deepEqual(stage.told, [
    [
      'acme',
      {
        client_id: 'arq_client_1',
        client_type: 'ai-agent',
        room: 'lab',
        channel: 'one',
        message_type: 'message',
        timestamp: '2026-01-01T00:00:00.000Z'
      }
    ]
  ])
})

for (const [clientType, isTold] of [
  ['ai-agent', true],
  ['service', true],
  ['anything', true],
  ['human', false],
  ['dashboard', false],
  ['system', false]
] as const) {
  test(`of a client of type ${clientType} ${isTold ? 'it is' : 'nothing is'} told`, () => {
    const stage = new ActivityStage()
    stage.act(agentOf({ clientType }))
    assert.equal(stage.told.length, isTold ? 1 : 0)
  })
}

for (const [what, identity, act, room, channel] of [
  ['both names in one', {}, { room: 'lab:two', channel: undefined }, 'lab', 'two'],
  ['a room alone', {}, { channel: undefined }, 'lab', null],
  ['no address', { room: 'home', channel: 'base' }, { room: undefined, channel: undefined }, 'home', 'base'],
  ['no address at all', {}, { room: undefined, channel: undefined }, null, null],
  ['a command', { room: 'home' }, { type: 'command', room: undefined, channel: undefined }, null, null],
  ['a private message', { room: 'home' }, { type: 'private', room: undefined, channel: 'pm' }, null, 'pm']
] as const) {
  test(`${what} is told as the room ${room} and the channel ${channel}`, () => {
    const stage = new ActivityStage()
    stage.act(agentOf(identity), act)
    const [[, facts] = assert.fail('nothing was told')] = stage.told
    assert.deepEqual([facts.room, facts.channel], [room, channel])
  })
}

test('while nobody watches nothing is told, and nothing counted', () => {
  const stage = new ActivityStage()
  stage.isWatched = false
  for (let n = 0; n < 100; n++) stage.act(agentOf())
  stage.isWatched = true
  stage.act(agentOf())
  assert.equal(stage.told.length, 1)
  assert.equal('suppressed' in (stage.told[0]?.[1] ?? {}), false)
})

test('twice the rate is told at once, one more is counted, and the next that is told says how many', () => {
  const stage = new ActivityStage(10)
  const agent = agentOf()
  for (let n = 0; n < 20; n++) stage.act(agent)
  assert.equal(stage.told.length, 20)
  for (let n = 0; n < 5; n++) stage.act(agent)
  stage.act(agentOf({}, 'arq_client_2'))
  assert.equal(stage.told.length, 21)
  stage.clock.advance(100)
  stage.act(agent)
  stage.clock.advance(100)
  stage.act(agent)
  assert.deepEqual(
    stage.told.slice(21).map(([, { suppressed }]) => suppressed),
    [5, undefined]
  )
})

test('all agents together are told of no faster than the process may', () => {
  const stage = new ActivityStage(10, 15)
  const agents = Array.from({ length: 40 }, (_, n) => agentOf({}, `arq_client_${n}`))
  for (const agent of agents) stage.act(agent)
  assert.equal(stage.told.length, 30)
  stage.clock.advance(1000)
  for (const agent of agents.slice(30)) stage.act(agent)
  assert.deepEqual(
    stage.told.slice(30).map(([, { suppressed }]) => suppressed),
    Array(10).fill(1)
  )
})

test('after the end nobody listens', () => {
  const stage = new ActivityStage()
  stage.activity.close()
  assert.equal(stage.acts.isHeard, false)
})
