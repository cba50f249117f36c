import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type FaultKind, findFaults, type Happening } from './history-checker.ts'

const EPOCH = 'e'

function sent(id: string, publisher = 'p'): Happening {
  return { kind: 'sent', publisher, id }
}

function acked(id: string, sequence: number, epoch = EPOCH): Happening {
  return { kind: 'acked', id, sequence, epoch }
}

function refused(id: string, retry: boolean): Happening {
  return { kind: 'refused', id, code: retry ? 'ENGINE_UNAVAILABLE' : 'VALIDATION_ERROR', retry }
}

function joined(member: string, sequence = 0, recovered?: boolean, epoch = EPOCH): Happening {
  return { kind: 'joined', member, sequence, epoch, ...(recovered === undefined ? {} : { recovered }) }
}

function got(member: string, id: string, sequence: number, epoch = EPOCH): Happening {
  return { kind: 'delivered', member, id, sequence, epoch }
}

const three = [joined('m'), ...['a', 'b', 'c'].flatMap((id, n) => [sent(id), acked(id, 2 * n + 1)])]

const clean: readonly (readonly [what: string, happenings: readonly Happening[]])[] = [
  ['nothing at all', []],
  ['all that was acknowledged came, in order', [...three, got('m', 'a', 1), got('m', 'b', 3), got('m', 'c', 5)]],
  [
    'a refused message came nowhere',
    [...three, got('m', 'a', 1), got('m', 'b', 3), got('m', 'c', 5), sent('d'), refused('d', true)]
  ],
  ['a message whose refusal left it open came', [joined('m'), sent('a'), refused('a', true), got('m', 'a', 1)]],
  [
    'a message that was sent again is where it was first',
    [joined('m'), sent('a'), refused('a', true), sent('a'), acked('a', 1), got('m', 'a', 1)]
  ],
  [
    'a member that came late got what came later',
    [...three, joined('n', 3), got('m', 'a', 1), got('m', 'b', 3), got('m', 'c', 5), got('n', 'c', 5)]
  ],
  [
    'a member that was told of a hole has one',
    [
      ...three,
      got('m', 'a', 1),
      joined('m', 3, false),
      got('m', 'c', 5),
      joined('n'),
      got('n', 'a', 1),
      got('n', 'b', 3),
      got('n', 'c', 5)
    ]
  ],
  [
    'a member that left got no more',
    [
      ...three,
      got('m', 'a', 1),
      { kind: 'left', member: 'm' },
      joined('n'),
      got('n', 'a', 1),
      got('n', 'b', 3),
      got('n', 'c', 5)
    ]
  ],
  ['a member recovered', [...three, got('m', 'a', 1), joined('m', 5, true), got('m', 'b', 3), got('m', 'c', 5)]],
  [
    'what was refused and sent again may be behind what was sent after it',
    [
      joined('m'),
      sent('a'),
      sent('b'),
      acked('b', 1),
      refused('a', true),
      sent('a'),
      acked('a', 2),
      got('m', 'b', 1),
      got('m', 'a', 2)
    ]
  ]
]

for (const [what, happenings] of clean) {
  test(`a history is clean in which ${what}`, () => assert.deepEqual(findFaults(happenings), []))
}

const broken: readonly (readonly [kind: FaultKind, what: string, happenings: readonly Happening[]])[] = [
  ['lost', 'an acknowledged message came to nobody', [sent('a'), acked('a', 1)]],
  ['lost', 'the last message did not come', [...three, got('m', 'a', 1), got('m', 'b', 3)]],
  ['lost', 'a message in the middle did not come', [...three, got('m', 'a', 1), got('m', 'c', 5)]],
  [
    'lost',
    'one member got what another did not, acknowledged or not',
    [joined('m'), joined('n'), sent('a'), got('n', 'a', 1)]
  ],
  [
    'lost',
    'a hole is before what a recovery covers',
    [...three, got('m', 'b', 3), joined('m', 3, true), got('m', 'c', 5)]
  ],
  [
    'duplicated',
    'a message came twice',
    [...three, got('m', 'a', 1), got('m', 'a', 1), got('m', 'b', 3), got('m', 'c', 5)]
  ],
  [
    'duplicated',
    'a message was acknowledged in two places',
    [joined('m'), sent('a'), acked('a', 1), sent('a'), acked('a', 2), got('m', 'a', 1)]
  ],
  [
    'duplicated',
    'two members got a message from two places',
    [joined('m'), joined('n'), sent('a'), got('m', 'a', 1), got('n', 'a', 2)]
  ],
  [
    'duplicated',
    'two messages are in one place',
    [
      joined('m'),
      sent('a'),
      acked('a', 1),
      sent('b', 'q'),
      acked('b', 1),
      got('m', 'a', 1),
      joined('n'),
      got('n', 'b', 1)
    ]
  ],
  [
    'inverted',
    'a member got two messages in the wrong order',
    [...three, got('m', 'b', 3), got('m', 'a', 1), got('m', 'c', 5)]
  ],
  [
    'inverted',
    'a member got something from before its position',
    [...three, joined('n', 3), got('n', 'b', 3), got('n', 'c', 5), got('m', 'a', 1), got('m', 'b', 3), got('m', 'c', 5)]
  ],
  [
    'inverted',
    'messages of a publisher are in another order than it sent them',
    [joined('m'), sent('a'), sent('b'), acked('b', 1), acked('a', 2), got('m', 'b', 1), got('m', 'a', 2)]
  ],
  [
    'stale',
    'a recovery that left nothing out left something out',
    [...three, got('m', 'a', 1), joined('m', 5, true), got('m', 'c', 5)]
  ],
  ['stale', 'a recovery brought nothing of what was missed', [...three, got('m', 'a', 1), joined('m', 5, true)]],
  [
    'stale',
    'a recovery went on in another epoch',
    [...three, got('m', 'a', 1), got('m', 'b', 3), got('m', 'c', 5), joined('m', 5, true, 'f')]
  ],
  [
    'stale',
    'a message came from another epoch than was told',
    [joined('m'), sent('a'), acked('a', 1, 'f'), got('m', 'a', 1, 'f')]
  ],
  ['phantom', 'something came that nobody sent', [joined('m'), got('m', 'a', 1)]],
  ['phantom', 'something was acknowledged that nobody sent', [acked('a', 1)]],
  [
    'phantom',
    'something came that was refused for good',
    [joined('m'), sent('a'), refused('a', false), got('m', 'a', 1)]
  ],
  [
    'phantom',
    'something came to one who had left',
    [joined('m'), { kind: 'left', member: 'm' }, sent('a'), got('m', 'a', 1)]
  ]
]

for (const [kind, what, happenings] of broken) {
  test(`a history is ${kind} in which ${what}`, () => {
    assert.ok(kindsOf(happenings).has(kind), JSON.stringify(findFaults(happenings)))
  })
}

function kindsOf(happenings: readonly Happening[]): Set<FaultKind> {
  return new Set(findFaults(happenings).map(fault => fault.kind))
}

/** A run without a fault: publishers, and members that come late, lose their connection, and come back with or without what they missed. */
const histories = fc
  .record({
    steps: fc.array(fc.record({ gap: fc.nat(3), publisher: fc.constantFrom('p', 'q') }), {
      minLength: 3,
      maxLength: 30
    }),
    members: fc.array(
      fc.record({
        from: fc.double({ min: 0, max: 1, noNaN: true }),
        breaks: fc.array(fc.record({ at: fc.nat(29), missed: fc.nat(4), recovered: fc.boolean() }), { maxLength: 3 })
      }),
      { maxLength: 3 }
    )
  })
  .map(({ steps, members }) => {
    let sequence = 0
    const stored = steps.map(({ gap, publisher }, n) => {
      sequence += gap + 1
      return { id: `m${n}`, sequence, publisher }
    })
    const happenings: Happening[] = stored.flatMap(one => [sent(one.id, one.publisher), acked(one.id, one.sequence)])
    const all = [{ from: 0, breaks: [] }, ...members]
    for (const [index, { from, breaks }] of all.entries()) {
      const member = `member-${index}`
      const first = Math.floor(from * (stored.length - 2))
      happenings.push(joined(member, first === 0 ? 0 : (stored[first - 1]?.sequence ?? 0)))
      for (let n = first; n < stored.length; n++) {
        const broken = breaks.find(({ at }) => at === n)
        if (broken?.recovered === true) happenings.push(joined(member, stored.at(-1)?.sequence, true))
        if (broken?.recovered === false) {
          n = Math.min(n + broken.missed, stored.length - 1)
          happenings.push(joined(member, (stored[n]?.sequence ?? 1) - 1, false))
        }
        const { id, sequence: at } = stored[n] as (typeof stored)[number]
        happenings.push(got(member, id, at))
      }
    }
    return happenings
  })

type Delivered = Happening & { kind: 'delivered' }

function deliveriesOf(happenings: readonly Happening[]): number[] {
  return happenings.flatMap(({ kind }, index) => (kind === 'delivered' ? [index] : []))
}

test('a run without a fault has none', () => {
  fc.assert(fc.property(histories, happenings => assert.deepEqual(findFaults(happenings), [])))
})

test('a delivery that is taken out of any run is found', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (happenings, chance) => {
      const deliveries = deliveriesOf(happenings)
      const index = deliveries[chance % deliveries.length] as number
      const { member } = happenings[index] as Delivered
      // The last one before a hole that was told of belongs to the hole.
      const next = happenings.slice(index + 1).find(other => 'member' in other && other.member === member)
      fc.pre(!(next?.kind === 'joined' && next.recovered === false))
      const kinds = kindsOf(happenings.toSpliced(index, 1))
      assert.ok(kinds.has('lost') || kinds.has('stale'))
    })
  )
})

test('a delivery that is repeated anywhere in any run is found', () => {
  fc.assert(
    fc.property(histories, fc.nat(), fc.nat(), (happenings, chance, later) => {
      const deliveries = deliveriesOf(happenings)
      const index = deliveries[chance % deliveries.length] as number
      const to = index + 1 + (later % (happenings.length - index))
      assert.ok(kindsOf(happenings.toSpliced(to, 0, happenings[index] as Happening)).has('duplicated'))
    })
  )
})

test('two deliveries of a member that change places in any run are found', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (happenings, chance) => {
      const deliveries = deliveriesOf(happenings)
      const index = deliveries[chance % deliveries.length] as number
      const one = happenings[index] as Delivered
      const other = deliveries.find(next => next > index && (happenings[next] as Delivered).member === one.member)
      fc.pre(other !== undefined)
      const swapped = happenings.with(index, happenings[other] as Happening).with(other, one)
      assert.ok(kindsOf(swapped).has('inverted'))
    })
  )
})

test('a delivery that nobody sent is found in any run', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (happenings, chance) => {
      const deliveries = deliveriesOf(happenings)
      const index = deliveries[chance % deliveries.length] as number
      assert.ok(kindsOf(happenings.with(index, { ...(happenings[index] as Delivered), id: 'never' })).has('phantom'))
    })
  )
})
