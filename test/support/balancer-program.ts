import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A haproxy that can be run. */
export interface BalancerProgram {
  readonly path: string
  /** What its environment needs beside that of this process. */
  readonly env: Readonly<Record<string, string>>
}

const kept = fileURLToPath(new URL('../../node_modules/.cache/haproxy', import.meta.url))

/** The program that HAPROXY names, else that on the path, else that of Debian's package, which is unpacked into a folder and not installed. */
export function findBalancerProgram(): BalancerProgram {
  const present = { path: process.env.HAPROXY ?? 'haproxy', env: {} }
  if (runs(present)) return present
  if (!existsSync(kept)) fetchPackages()
  const packaged = { path: join(kept, 'usr/sbin/haproxy'), env: { LD_LIBRARY_PATH: libraries().join(':') } }
  if (!runs(packaged)) throw new Error(`the haproxy in ${kept} does not run`)
  return packaged
}

function runs({ path, env }: BalancerProgram): boolean {
  return spawnSync(path, ['-v'], { env: { ...process.env, ...env }, stdio: 'ignore' }).status === 0
}

/** The folders of the libraries that came with it. */
function libraries(): string[] {
  const folder = join(kept, 'usr/lib')
  const names = existsSync(folder) ? readdirSync(folder).filter(name => name.includes('-linux-')) : []
  return names.map(name => join(folder, name))
}

/**
 * Gets the program and whatever libraries are missing here. Needs no rights beyond writing here: the lists of packages are its own too.
 * Two that do it at once do not meet.
 */
function fetchPackages(): void {
  mkdirSync(dirname(kept), { recursive: true })
  const folder = mkdtempSync(`${kept}-`)
  const [lists, cache] = [join(folder, 'lists'), join(folder, 'cache')]
  const archives = join(cache, 'archives')
  const own = [`Dir::State::lists=${lists}`, `Dir::Cache=${cache}`, 'Debug::NoLocking=1']
  const apt = (...args: string[]): void => {
    execFileSync('apt-get', ['-q', ...own.flatMap(one => ['-o', one]), ...args], { cwd: folder, stdio: 'pipe' })
  }
  try {
    for (const path of [lists, archives]) mkdirSync(join(path, 'partial'), { recursive: true })
    apt('update')
    apt('install', '--download-only', '--no-install-recommends', '-y', 'haproxy')
    for (const archive of readdirSync(archives).filter(file => file.endsWith('.deb')))
      execFileSync('dpkg', ['-x', join(archives, archive), join(folder, 'unpacked')], { stdio: 'pipe' })
    if (!existsSync(kept)) renameSync(join(folder, 'unpacked'), kept)
  } catch (cause) {
    if (!existsSync(kept)) {
      throw new Error('haproxy is not on the path and cannot be fetched: apt-get install haproxy', { cause })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
