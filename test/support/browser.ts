import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const options = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--metrics-recording-only',
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'
]

/** Opens a page in a headless Chromium, which ends with the test. Returns the folder where it keeps its files. */
export function openPage(t: TestContext, url: string, more: readonly string[] = []): string {
  const program = findChromium()
  const profile = mkdtempSync(join(tmpdir(), 'arqonbus-browser-'))
  const child = spawn(program, [...options, ...more, `--user-data-dir=${profile}`, url], {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, HOME: profile }
  })
  t.after(() => close(child, profile))
  return profile
}

/** The program on the path; with the rights for it, Debian's package is installed when there is none. */
export function findChromium(): string {
  if (isThere()) return 'chromium'
  if (process.getuid?.() !== 0) throw new Error('Chromium is not on the path: apt-get install chromium')
  execFileSync('apt-get', ['update'], { stdio: 'ignore' })
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { stdio: 'ignore' })
  return 'chromium'
}

function isThere(): boolean {
  return spawnSync('chromium', ['--version'], { stdio: 'ignore' }).status === 0
}

/** Ends the browser with all its processes, which form a group of their own. */
async function close(child: ChildProcess, profile: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit')
    process.kill(-(child.pid as number), 'SIGKILL')
    await ended
  }
  rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}
