import { Type } from '@sinclair/typebox'
import { choice, int, list, NAME, noted, text, toggle } from './key.ts'

const PORT = { min: 0, max: 65_535 }
const HOST = { format: 'host', allowed: 'a host name or an address' }

/** What the process is and how it speaks to its operator. */
export const processKeys = {
  environment: choice(['dev', 'staging', 'prod'], {
    env: ['ARQONBUS_ENVIRONMENT'],
    default: 'dev',
    description: 'Where the server runs. `prod` refuses to start with unsafe settings and names every reason.'
  }),
  logLevel: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    env: ['ARQONBUS_LOG_LEVEL', 'LOG_LEVEL'],
    default: 'info',
    spellings: { warning: 'warn', critical: 'fatal' },
    description: 'Least severe level that is logged.'
  }),
  nodeName: text({
    env: ['ARQONBUS_NODE_NAME'],
    default: '',
    ...NAME,
    computed: 'made up at start',
    description: 'Name of this process in logs, in `/status` and in the welcome frame.'
  })
}

/** Where the process listens, and what it trusts of those who connect. */
export const listenerKeys = {
  host: text({
    env: ['ARQONBUS_SERVER_HOST'],
    flag: 'host',
    default: '127.0.0.1',
    ...HOST,
    description: 'Address of the public listener.'
  }),
  port: int({
    env: ['ARQONBUS_SERVER_PORT'],
    flag: 'port',
    default: 9100,
    ...PORT,
    description: 'Port of the public listener: `/ws` and HTTP; 0 takes any free port.'
  }),
  telemetryHost: text({
    env: ['ARQONBUS_TELEMETRY_HOST'],
    default: '127.0.0.1',
    ...HOST,
    description: 'Address of the telemetry socket.'
  }),
  telemetryPort: int({
    env: ['ARQONBUS_TELEMETRY_PORT'],
    flag: 'telemetry-port',
    default: 9101,
    ...PORT,
    description:
      'Port of the telemetry socket; 0 takes any free port. If the default is busy the server warns and goes on without.'
  }),
  httpHost: text({
    env: ['ARQONBUS_HTTP_HOST'],
    default: '127.0.0.1',
    ...HOST,
    description: 'Address of the listener for operators.'
  }),
  httpPort: int({
    env: ['ARQONBUS_HTTP_PORT'],
    flag: 'http-port',
    default: 8080,
    ...PORT,
    description:
      'Port of the listener for operators; 0 takes any free port. If the default is busy the server warns and goes on without.'
  }),
  httpPortIsExplicit: toggle({
    env: [],
    default: false,
    computed: 'whether the port for operators was set',
    description: 'Whether the port for operators was asked for, so that a busy one is an error.'
  }),
  publicOps: toggle({
    env: ['ARQONBUS_PUBLIC_OPS'],
    default: true,
    description:
      'Whether the public listener answers everything; if not, only `/ws`, `/health`, `/ready` and `/version`.'
  }),
  allowedOrigins: list({
    env: ['ARQONBUS_ALLOWED_ORIGINS'],
    format: 'origin',
    allowed: '`*`, or origins as a browser sends them, such as https://app.example.com',
    description: 'Origins of pages that may open a socket.'
  }),
  trustProxy: noted(
    Type.Unsafe<boolean | number | string[]>({
      default: false,
      anyOf: [
        { type: 'boolean' },
        { type: 'integer', minimum: 1, maximum: 100 },
        { type: 'array', items: { type: 'string', format: 'network' } }
      ]
    }),
    {
      env: ['ARQONBUS_TRUST_PROXY'],
      reads: 'proxies',
      allowed: 'addresses or CIDR ranges, true, false, or a number of hops from 1 to 100',
      description:
        'Proxies whose `X-Forwarded-*` headers count: addresses or CIDR ranges. `true` or a number of hops is refused in `prod`.'
    }
  )
}
