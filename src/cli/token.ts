import { type Command, Option } from 'commander'
import { roles } from '../auth/roles.ts'
import { authenticationKeys } from '../config/authentication.ts'
import type { Json, JsonObject } from '../protocol/json.ts'
import { readToken, type TokenOptions, takeTokenOptions } from './access.ts'
import { parseArguments } from './arguments.ts'
import { formatJson } from './json.ts'
import { collect, parseDuration } from './options.ts'
import { formatAge } from './print/age.ts'
import { jsonOption, Output, type OutputOptions } from './print/output.ts'
import { formatFields } from './print/table.ts'
import { toVisible } from './print/text.ts'
import { Failure, SilentFailure, type Terminal } from './terminal.ts'
import { type Inspection, inspectToken } from './token/inspection.ts'
import { mintToken } from './token/jwt.ts'
import { MIN_SECRET_BYTES, readSecret, SECRET_ADVICE, type SecretOptions, takeSecretOptions } from './token/secret.ts'

interface MintOptions extends SecretOptions {
  readonly sub: string
  readonly role: string
  readonly tenant?: string
  readonly ttl: number
  readonly publish?: readonly string[]
  readonly subscribe?: readonly string[]
  readonly issuer?: string
  readonly audience?: string
  readonly claim?: readonly string[]
}

interface CheckOptions extends SecretOptions, TokenOptions, OutputOptions {
  readonly issuer?: string
  readonly audience?: string
}

const DEFAULT_TTL_SECONDS = 3600
/** Beyond it, JavaScript has no dates. */
const MAX_SECONDS = 8.64e12

/** `arqon token` [protocol.md, Command line]. */
export function declareToken(program: Command, terminal: Terminal): void {
  const group = program.command('token').description('make and check JSON Web Tokens, without a server')
  declareMint(group, terminal)
  declareCheck(group, terminal)
}

function declareMint(group: Command, terminal: Terminal): void {
  const command = group
    .command('mint')
    .description('print a new token, signed with HS256')
    .requiredOption('--sub <subject>', 'whom the token is for')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).default('user'))
    .option('--tenant <name>', 'tenant; without it, default')
    .option('--ttl <time>', 'how long it is valid: 90s, 15m, 1h, 1d', parseDuration, DEFAULT_TTL_SECONDS)
    .option(
      '--publish <pattern>',
      'where it may publish: science:*; may be repeated; without any pattern, everywhere',
      collect
    )
    .option('--subscribe <pattern>', 'what it may join; may be repeated', collect)
    .option('--issuer <name>', 'claim iss')
    .option('--audience <name>', 'claim aud')
    .option('--claim <key=value>', 'any other claim: screen_name=Alice; may be repeated', collect)
  takeSecretOptions(command).action((options: MintOptions) => {
    const secret = readSecret(options, terminal)
    if (secret === undefined) throw new Failure(`the secret is missing; ${SECRET_ADVICE}`)
    if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
      terminal.writeError(`arqon: the secret has less than ${MIN_SECRET_BYTES} bytes: no server takes it\n`)
    }
    terminal.write(`${mintToken(claimsOf(options, terminal.now()), secret)}\n`)
  })
}

function declareCheck(group: Command, terminal: Terminal): void {
  const command = group
    .command('check')
    .description('say what a token holds and what is wrong with it; exit 1 if anything is')
    .argument('[token]', 'the token, or - for standard input; without it as with other commands')
    .option('--issuer <name>', 'what iss has to be')
    .option('--audience <name>', 'what aud has to hold')
    .addOption(jsonOption())
  takeSecretOptions(takeTokenOptions(command)).action(async (given: string | undefined, options: CheckOptions) => {
    const token = await findToken(given, options, terminal)
    const inspection = inspectToken(token, readSecret(options, terminal), rulesOf(options, terminal.now()))
    const { isValid, ...more } = inspection
    const output = new Output(terminal, options)
    output.print({ valid: isValid, ...more }, () => describe(inspection, output, terminal.now()))
    if (!isValid) throw new SilentFailure('the token is not valid')
  })
}

function claimsOf(options: MintOptions, nowMs: number): JsonObject {
  const { audience, issuer, publish, role, sub, subscribe, tenant, ttl } = options
  const iat = Math.floor(nowMs / 1000)
  const claims: Record<string, Json | undefined> = {
    sub,
    role,
    tenant_id: tenant,
    iss: issuer,
    aud: audience,
    channels: publish || subscribe ? { publish: publish ?? [], subscribe: subscribe ?? [] } : undefined,
    ...parseArguments(options.claim ?? []),
    iat,
    exp: iat + Math.ceil(ttl)
  }
  return claims as JsonObject
}

async function findToken(given: string | undefined, options: CheckOptions, terminal: Terminal): Promise<string> {
  const token = given === '-' ? (await terminal.input?.text())?.trim() : (given ?? readToken(options, terminal))
  if (token) return token
  throw new Failure('there is no token to check: give it, or name it with --jwt-file or $ARQONBUS_TOKEN')
}

/** What a server with default settings asks for. */
function rulesOf({ audience, issuer }: CheckOptions, nowMs: number) {
  return {
    nowMs,
    toleranceSeconds: Number(authenticationKeys.clockToleranceSeconds.default),
    maxLifeSeconds: Number(authenticationKeys.maxTokenLifeSeconds.default),
    issuer,
    audience
  }
}

function describe({ claims, faults, header, signature }: Inspection, { style }: Output, nowMs: number): string {
  const moment = (seconds: Json) =>
    typeof seconds === 'number' && Math.abs(seconds) < MAX_SECONDS
      ? `${new Date(seconds * 1000).toISOString()} (${formatAge(seconds * 1000, nowMs)})`
      : formatJson(seconds)
  const times = new Set(['exp', 'iat', 'nbf'])
  const shown = Object.entries(claims).map(
    ([key, value]) =>
      [
        toVisible(key),
        times.has(key) ? moment(value) : typeof value === 'string' ? toVisible(value) : formatJson(value)
      ] as const
  )
  const paint = signature === 'right' ? style.green : signature === 'wrong' ? style.red : style.yellow
  const head = [
    ['algorithm', toVisible(String(header.alg ?? '-'))],
    ['signature', paint(signature)]
  ] as const
  const verdict =
    faults.length === 0
      ? style.green(
          signature === 'right' ? 'valid' : `as far as can be seen, valid; to check the signature, ${SECRET_ADVICE}`
        )
      : faults.map(fault => style.red(`✗ ${fault}`)).join('\n')
  return `${formatFields([...head, ...shown], style)}${verdict}`
}
