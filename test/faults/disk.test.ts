import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startServer } from '../helper.ts'
import { NatsCluster } from '../support/nats-cluster.ts'
import { until } from '../support/until.ts'
import { lineOf, tableOf } from './figures.ts'
import { isLong, roomy } from './stage.ts'
import { Workload } from './workload.ts'

const BLOCK = 4_096
/** Of a disk that is almost full. */
const LEFT_BYTES = 64 * BLOCK
const MIB = 1_048_576
const OUTAGE_MS = isLong ? 5_000 : 0
/** How long servers that have room again are waited for. */
const ALONE_MS = isLong ? 15_000 : 1_500

/** A disk in memory that can be made as small as what is on it; undefined where there is no right to mount one. */
class Disk {
  readonly folder: string
  readonly #bytes: number

  private constructor(folder: string, bytes: number) {
    this.folder = folder
    this.#bytes = bytes
  }

  static mount(t: TestContext, bytes: number): Disk | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'arqonbus-disk-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'pipe' })
    } catch {
      rmdirSync(folder)
      return undefined
    }
    const unmount = (): void => {
      execFileSync('umount', ['-l', folder])
      rmdirSync(folder)
    }
    process.once('exit', unmount)
    t.after(() => {
      process.off('exit', unmount)
      unmount()
    })
    return new Disk(folder, bytes)
  }

  fill(): void {
    this.#resize(this.#usedBytes() + LEFT_BYTES)
  }

  empty(): void {
    this.#resize(this.#bytes)
  }

  #usedBytes(): number {
    const told = execFileSync('df', ['-B1', '--output=used', this.folder], { encoding: 'utf8' })
    return Number(told.split('\n')[1])
  }

  #resize(bytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${bytes}`, this.folder])
  }
}

test('N8: with full disks everything is refused, nothing acknowledged is lost, and all goes on when there is room', async t => {
  // Before the servers end, so that what closes in order finds them.
  let close = async (): Promise<void> => {}
  t.after(() => close())
  const disks = [0, 1, 2].flatMap(() => Disk.mount(t, 1_024 * MIB) ?? [])
  if (disks.length < 3) {
    t.diagnostic('not shown: there is no right to mount a disk that can be filled')
    return
  }
  const nats = await NatsCluster.start(t, { parents: disks.map(({ folder }) => folder) })
  t.diagnostic(`with ${nats.words}`)
  const { app, wsUrl } = await startServer(t, {
    ...roomy,
    ARQONBUS_BROKER: 'nats',
    ARQONBUS_NATS_URL: nats.urls,
    ARQONBUS_NATS_REPLICAS: String(nats.replicas)
  })
  const workload = await Workload.start({ wsUrl, channel: 'disk:full' })
  close = async () => {
    await workload.close()
    await app.close()
  }
  await until('some are acknowledged', () => workload.acked > 100)
  const notes = isLong && nats.replicas > 1 ? [await fillOne(nats, disks, workload)] : []
  notes.push(await fillAll(nats, disks, workload))
  const recoveryMs = await workload.goesOn()
  const { faults: found, ...measured } = await workload.stop()
  const faults = found.filter(({ words }) => !isOfAnotherEpoch(words))
  if (faults.length < found.length)
    notes.push(`${found.length - faults.length} messages kept their place in another epoch`)
  const figures = { ...measured, faults, recoveryMs, notes }
  t.diagnostic(lineOf(figures))
  if (isLong) console.log(`\n${nats.words}\n\n${tableOf([['N8 disks full', figures]])}\n`)
  assert.deepEqual(faults.slice(0, 10), [])
  assert.deepEqual(figures.codes, ['ENGINE_UNAVAILABLE'])
})

/** The disk of the leader is full, and the others go on. */
async function fillOne(nats: NatsCluster, disks: readonly Disk[], workload: Workload): Promise<string> {
  const leader = await nats.leader('AQ_MSG')
  const disk = disks[nats.servers.indexOf(leader)] as Disk
  const { refused } = workload
  disk.fill()
  await pause(OUTAGE_MS)
  const onMs = await workload.goesOn()
  disk.empty()
  await leader.kill()
  await leader.restart()
  await nats.ready()
  await workload.goesOn()
  return `one disk full: ${workload.refused - refused} refused meanwhile, then on after ${Math.round(onMs)} ms`
}

async function fillAll(nats: NatsCluster, disks: readonly Disk[], workload: Workload): Promise<string> {
  const { refused } = workload
  for (const disk of disks) disk.fill()
  await until('messages are refused', () => workload.refused > refused)
  await until('nothing is acknowledged any more', async () => {
    const { acked } = workload
    await pause(500)
    return workload.acked === acked
  })
  await pause(OUTAGE_MS)
  for (const disk of disks) disk.empty()
  if (await goesOnAlone(workload)) return 'all disks full: on by itself when there was room'
  await Promise.all(nats.servers.map(server => server.kill()))
  await Promise.all(nats.servers.map(server => server.restart()))
  return 'all disks full: the servers had to be started again'
}

/**
 * Three servers that had no room for their own notes may come back without knowing of the stream. The node makes it again, they find
 * its messages, and its epoch is another one, which members are told.
 */
function isOfAnotherEpoch(words: string): boolean {
  return /^is at (\d+) \(\S+\) and at \1 \(\S+\)$/.test(words)
}

/** Whether anything is acknowledged again without help. A server that had no room has stopped JetStream until it is started again. */
async function goesOnAlone(workload: Workload): Promise<boolean> {
  const { acked } = workload
  const endMs = performance.now() + ALONE_MS
  while (workload.acked === acked && performance.now() < endMs) await pause(100)
  return workload.acked > acked
}
