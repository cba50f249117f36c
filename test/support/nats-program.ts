import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A nats-server that can be run. */
export interface NatsProgram {
  readonly path: string
  /** `2.10.27` */
  readonly version: string
}

const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url))
/** Debian's release after the one that the tests are usually run on, whose server knows what three replicas need. */
const NEWER_RELEASE = 'trixie'
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * The program that NATS_SERVER names, else that on the path, else that of Debian's package, which is unpacked into a folder and not
 * installed. With `least` one that is at least so new, from a newer release of Debian if need be; undefined when there is none.
 */
export function findNatsProgram(): NatsProgram
export function findNatsProgram(least: string): NatsProgram | undefined
export function findNatsProgram(least?: string): NatsProgram | undefined {
  const isEnough = (found: NatsProgram | undefined): found is NatsProgram =>
    found !== undefined && (least === undefined || !isOlder(found.version, least))
  const named = process.env.NATS_SERVER
  if (named !== undefined) return [look(named)].find(isEnough)
  const present = look('nats-server')
  if (isEnough(present)) return present
  try {
    const packaged = present ?? fetched('nats', () => [])
    return isEnough(packaged) ? packaged : [fetched(`nats-${NEWER_RELEASE}`, newerSources)].find(isEnough)
  } catch (cause) {
    if (least !== undefined) return undefined
    const message =
      'nats-server is not on the path and cannot be fetched: apt-get install nats-server, or go install github.com/nats-io/nats-server/v2@latest'
    throw new Error(message, { cause })
  }
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0
}

/** What is at a path, if that is a nats-server. */
function look(path: string): NatsProgram | undefined {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  const [, version] = /v(\d+\.\d+\.\d+)/.exec(status === 0 ? stdout : '') ?? []
  return version === undefined ? undefined : { path, version }
}

/** The server of Debian's package, which is kept in a folder of that name. `sourcesIn` may name other sources for it. */
function fetched(name: string, sourcesIn: (folder: string) => readonly string[]): NatsProgram | undefined {
  const kept = join(cache, name)
  if (!existsSync(kept)) fetchPackage(kept, sourcesIn)
  return look(join(kept, 'usr/sbin/nats-server'))
}

/** Needs no rights beyond writing here: the lists of packages are its own too. Two that do it at once do not meet. */
function fetchPackage(kept: string, sourcesIn: (folder: string) => readonly string[]): void {
  mkdirSync(dirname(kept), { recursive: true })
  const folder = mkdtempSync(`${kept}-`)
  const lists = join(folder, 'lists')
  try {
    mkdirSync(join(lists, 'partial'), { recursive: true })
    mkdirSync(join(folder, 'cache/archives/partial'), { recursive: true })
    const own = [`Dir::State::lists=${lists}`, `Dir::Cache=${join(folder, 'cache')}`, ...sourcesIn(folder)]
    const apt = (...args: string[]): void => {
      const options = own.flatMap(one => ['-o', one])
      execFileSync('apt-get', ['-q', ...options, ...args], { cwd: folder, stdio: 'pipe' })
    }
    apt('update')
    apt('download', 'nats-server')
    const [archive = ''] = readdirSync(folder).filter(file => file.endsWith('.deb'))
    execFileSync('dpkg', ['-x', archive, 'unpacked'], { cwd: folder, stdio: 'pipe' })
    if (!existsSync(kept)) renameSync(join(folder, 'unpacked'), kept)
  } catch (error) {
    if (!existsSync(kept)) throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The mirror that this machine uses for its own release, asked for the newer one. */
function newerSources(folder: string): readonly string[] {
  const [, codename] = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? []
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)'
  const targets = execFileSync('apt-get', ['indextargets', '--format', format], { encoding: 'utf8' }).split('\n')
  const [mirror] = targets.find(line => line.endsWith(` ${codename} main`))?.split(' ') ?? []
  if (mirror === undefined) throw new Error('no mirror of Debian is known')
  const file = join(folder, 'newer.list')
  writeFileSync(file, `deb [signed-by=${KEYRING}] ${mirror} ${NEWER_RELEASE} main\n`)
  return [`Dir::Etc::sourcelist=${file}`, 'Dir::Etc::sourceparts=-']
}
