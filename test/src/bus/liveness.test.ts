import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Liveness, Unfinished } from '../../../src/bus/liveness.ts'

const limits = { pingIntervalMs: 25_000, pongTimeoutMs: 8_000, livenessProbeMs: 2_500, maxMessageMs: 60_000 }

function makeLiveness(random = () => 0.5): Liveness {
  return new Liveness(limits, random, 0)
}

/** The moments at which something else than waiting is due, looked at every half second. */
function verdicts(liveness: Liveness, untilMs: number, isMuted: (nowMs: number) => boolean = () => false): string[] {
  const due: string[] = []
  for (let now = 500; now <= untilMs; now += 500) {
    const verdict = liveness.check(now, isMuted(now))
    if (verdict !== 'wait') due.push(`${verdict} ${now}`)
    if (verdict === 'dead') break
  }
  return due
}

for (const [random, firstPingMs] of [
  [0, 22_500],
  [0.5, 25_000],
  [0.999_999, 27_500]
] as const) {
  test(`a silent peer to whom nothing is sent is pinged after ${firstPingMs} ms when chance says ${random}`, () => {
    const [first] = verdicts(
      makeLiveness(() => random),
      60_000
    )
    assert.equal(first, `ping ${firstPingMs}`)
  })
}

test('a peer that answers is pinged again and again, each time an interval later', () => {
  const liveness = makeLiveness()
  const pings: number[] = []
  for (let now = 500; now <= 100_000; now += 500) {
    const verdict = liveness.check(now, false)
    assert.notEqual(verdict, 'dead')
    if (verdict === 'ping') {
      pings.push(now)
      liveness.hear()
    }
  }
  assert.deepEqual(pings, [25_000, 50_000, 75_000, 100_000])
})

test('a peer that does not answer in time is dead', () => {
  assert.deepEqual(verdicts(makeLiveness(), 60_000), ['ping 25000', 'dead 33000'])
})

test('a peer that was sent something and is silent is pinged at once after the probe time, and dead without an answer', () => {
  const liveness = makeLiveness()
  liveness.check(500, false)
  liveness.send()
  assert.deepEqual(verdicts(liveness, 60_000), ['ping 3000', 'dead 11000'])
})

test('the answer to a probe saves the peer, and no other probe comes until something is sent again', () => {
  const liveness = makeLiveness()
  liveness.send()
  assert.deepEqual(verdicts(liveness, 3000), ['ping 3000'])
  liveness.hear()
  assert.equal(liveness.wasSentTo, false)
  for (let now = 3500; now < 28_000; now += 500) assert.equal(liveness.check(now, false), 'wait')
  assert.equal(liveness.check(28_000, false), 'ping')
})

test('a peer that is heard all the time is not probed, whatever it is sent', () => {
  const liveness = makeLiveness()
  for (let now = 500; now < 24_000; now += 500) {
    liveness.send()
    liveness.hear()
    assert.equal(liveness.check(now, false), 'wait')
  }
})

test('silence means nothing while nothing is read from the peer', () => {
  const liveness = makeLiveness()
  liveness.send()
  assert.deepEqual(
    verdicts(liveness, 27_500, now => now > 3500),
    ['ping 3000']
  )
})

test('a message is unfinished from when it is first seen so until it is complete or another one is', () => {
  const unfinished = new Unfinished()
  assert.equal(unfinished.ageMs(true, 3, 1_000), 0)
  assert.equal(unfinished.ageMs(true, 3, 1_500), 500)
  assert.equal(unfinished.ageMs(true, 4, 2_000), 0)
  assert.equal(unfinished.ageMs(true, 4, 2_700), 700)
  assert.equal(unfinished.ageMs(false, 5, 3_000), 0)
  assert.equal(unfinished.ageMs(true, 5, 9_000), 0)
})
