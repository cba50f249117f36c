import { posix } from 'node:path'
import { COMPUTED, codeOf, importsOf, type SourceTree, withoutComments } from './source.ts'

/** One dependency rule [architecture.md, Dependency rules]. */
export interface Rule {
  readonly id: string
  /** The rule, for the title of its test. */
  readonly sentence: string
  /** Everything in the tree that breaks the rule, one sentence each that names the file. */
  readonly find: (tree: SourceTree) => string[]
}

const MAX_LINES = 300

/** Parts of `src/` that know nothing of the bus. */
const ground = ['structures', 'errors', 'ids', 'clock', 'log', 'version']
const concerns = ['broker', 'rooms', 'history', 'casil', 'webhooks', 'cron', 'store', 'omega', 'auth', 'telemetry']
/** The edge of the process: what starts it, configures it and speaks to people. Nothing in the engine imports it. */
const edge = ['config', 'cli', 'main', 'app', 'shutdown', 'flags', 'preflight']
/** What may import Fastify: composition and process. */
const composition = ['src/app.ts', 'src/main.ts']

/** What each part of the engine may import beside itself. */
const allowed = new Map<string, readonly string[]>([
  ...ground.map(part => [part, ground] as const),
  ['protocol', ground],
  ...concerns.map(part => [part, [...ground, 'protocol']] as const),
  ['bus', [...ground, 'protocol', ...concerns]],
  ['commands', [...ground, 'protocol', ...concerns, 'bus']]
])

/** Libraries that one place knows. */
const libraries: readonly (readonly [name: RegExp, home: RegExp])[] = [
  [/^prom-client$/, /^src\/telemetry\/metrics\.ts$/],
  [/^@opentelemetry\/api$/, /^src\/telemetry\/traces\.ts$/],
  [/^(nats|@nats-io\/.+)$/, /^src\/(broker\/nats\/.+|store\/nats(\.ts|\/.+))$/]
]

/** What a browser does not have. */
const nodeGlobals =
  /(?<![.\w$])(Buffer|process|require|__dirname|__filename|setImmediate|clearImmediate|global)(?![\w$])/

export const rules: readonly Rule[] = [
  {
    id: 'D1',
    sentence:
      'routes use decorators, the protocol, the errors, the version, the socket adapter and common schemas, and no other route',
    find: tree =>
      findImports(
        tree,
        /^routes\//,
        target =>
          isOurs(target) && !/^(routes\/schemas|src\/(protocol\/.+|errors|version|bus\/transport))\.ts$/.test(target)
      )
  },
  {
    id: 'D2',
    sentence: 'plugins import src, and neither routes nor each other',
    find: tree => findImports(tree, /^plugins\//, target => isOurs(target) && !target.startsWith('src/'))
  },
  {
    id: 'D3',
    sentence: 'src imports neither Fastify nor plugins nor routes, except where the app is put together',
    find: tree =>
      findImports(
        tree,
        /^src\//,
        (target, file) =>
          /^(fastify$|fastify-|@fastify\/|plugins\/|routes\/)/.test(target) && !composition.includes(file)
      )
  },
  {
    id: 'D4',
    sentence:
      'in src, structures and errors come before the protocol, that before the concerns, these before bus and commands',
    find: tree => [...findImports(tree, /^src\//, breaksOrder), ...findStrangers(tree)]
  },
  {
    id: 'D5',
    sentence: 'one place knows each outside library, and the inner parts of ws',
    find: tree => [
      ...findImports(tree, /./, (target, file) =>
        libraries.some(([name, home]) => name.test(target) && !home.test(file))
      ),
      ...findCode(tree, file => file !== 'src/bus/transport.ts', /(?<![\w$])_(socket|sender|receiver)(?![\w$])/)
    ]
  },
  {
    id: 'D6',
    sentence: 'nothing but its plugin and its commands imports the experimental lane',
    find: tree =>
      findImports(tree, /^(?!src\/omega\/|plugins\/omega\.ts$|src\/commands\/op\.omega\.[\w.]+\.ts$)/, target =>
        target.startsWith('src/omega/')
      )
  },
  {
    id: 'D7',
    sentence: 'the client library imports the protocol, structures and errors only, and runs in a browser',
    find: tree => [
      ...findImports(tree, /^src\/client\//, (target, file) =>
        isOurs(target)
          ? !/^src\/(client\/|protocol\/|structures\/|errors\.ts$)/.test(target)
          : !(target === 'ws' && file === 'src/client/socket.ts')
      ),
      ...findBeyondBrowser(tree)
    ]
  },
  {
    id: 'D8',
    sentence: 'no file is longer than 300 lines, and a command is in a file of its name',
    find: tree => [...findLong(tree), ...findMisnamed(tree)]
  },
  {
    id: 'imports',
    sentence: 'every import names what it imports',
    find: tree => findImports(tree, /./, target => target === COMPUTED)
  }
]

/** Sentences on the imports of the files that fit `files`, as far as they are wrong. */
function findImports(tree: SourceTree, files: RegExp, isWrong: (target: string, file: string) => boolean): string[] {
  const found: string[] = []
  for (const [file, source] of tree) {
    if (!files.test(file)) continue
    for (const { target } of importsOf(file, source)) if (isWrong(target, file)) found.push(`${file} imports ${target}`)
  }
  return found
}

function findCode(tree: SourceTree, isMeant: (file: string) => boolean, pattern: RegExp): string[] {
  return [...tree].flatMap(([file, source]) => {
    const [match] = isMeant(file) ? (pattern.exec(codeOf(source)) ?? []) : []
    return match === undefined ? [] : [`${file} uses ${match}`]
  })
}

function isOurs(target: string): boolean {
  return /^(src|plugins|routes|test)\//.test(target)
}

/** The part of `src/` that a file belongs to: its folder, or its own name without the ending. */
function partOf(file: string): string {
  return file.split('/')[1]?.replace(/\.ts$/, '') ?? ''
}

function breaksOrder(target: string, file: string): boolean {
  const [from, to] = [partOf(file), partOf(target)]
  // The log is made by the process and known everywhere by its type: it alone reads a type of the configuration.
  if (!target.startsWith('src/') || from === to || (file === 'src/log.ts' && target === 'src/config.ts')) return false
  return allowed.get(from)?.includes(to) === false
}

/** Parts of `src/` that have no place in the order. */
function findStrangers(tree: SourceTree): string[] {
  const known = new Set([...allowed.keys(), ...edge, 'client'])
  const strangers = [...tree.keys()].filter(file => file.startsWith('src/') && !known.has(partOf(file)))
  return strangers.map(file => `${file} is in a part of src that has no place in the order`)
}

/** What the client library brings into a browser that is not at home there. */
function findBeyondBrowser(tree: SourceTree): string[] {
  const reached = [...tree.keys()].filter(file => file.startsWith('src/client/'))
  const found: string[] = []
  for (const file of reached) {
    const source = tree.get(file) ?? ''
    for (const { target, isType } of importsOf(file, source)) {
      if (isType || file.startsWith('src/client/') !== target.startsWith('src/')) continue
      if (!isOurs(target)) found.push(`${file} imports ${target}, and a browser gets it with src/client`)
      else if (tree.has(target) && !reached.includes(target)) reached.push(target)
    }
  }
  return [...found, ...findCode(tree, file => reached.includes(file), nodeGlobals)]
}

function findLong(tree: SourceTree): string[] {
  const long = [...tree].map(([file, source]) => [file, source.trimEnd().split('\n').length] as const)
  return long.filter(([, lines]) => lines > MAX_LINES).map(([file, lines]) => `${file} has ${lines} lines`)
}

function findMisnamed(tree: SourceTree): string[] {
  return [...tree].flatMap(([file, source]) => {
    if (!/^src\/commands\/(?!index\.ts$)/.test(file)) return []
    const [, name] = /\bcommand\(\{\s*name:\s*'([^']*)'/.exec(withoutComments(source)) ?? []
    return `${name}.ts` === posix.basename(file) ? [] : [`${file} holds the command ${name ?? '(none)'}`]
  })
}
