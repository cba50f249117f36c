import { int } from './key.ts'

/** How many may connect, how fast, and how long they may be silent [limits.md, Limits]. */
export const connectionKeys = {
  maxConnections: int({
    env: ['ARQONBUS_MAX_CONNECTIONS'],
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: 'Open connections of the process.',
    limit: { row: 'connections of the process', over: '503 with `Retry-After`' }
  }),
  maxConnectionsPerTenant: int({
    env: ['ARQONBUS_MAX_CONNECTIONS_PER_TENANT'],
    default: 5000,
    min: 1,
    max: 1_000_000,
    description: 'Open connections of one tenant.',
    limit: { row: 'connections of a tenant', over: '429 with `Retry-After`' }
  }),
  maxConnectionsPerUser: int({
    env: ['ARQONBUS_MAX_CONNECTIONS_PER_USER'],
    default: 100,
    min: 1,
    max: 1_000_000,
    description: 'Open connections of one subject of tokens.',
    limit: { row: 'connections of a user', over: '429 with `Retry-After`' }
  }),
  maxConnectionsPerIp: int({
    env: ['ARQONBUS_MAX_CONNECTIONS_PER_IP'],
    default: 1000,
    min: 1,
    max: 1_000_000,
    description: 'Open connections from one address.',
    limit: { row: 'connections of an address', over: '429 with `Retry-After`' }
  }),
  handshakesPerSecond: int({
    env: ['ARQONBUS_HANDSHAKES_PER_SECOND'],
    default: 1000,
    min: 1,
    max: 1_000_000,
    description: 'Upgrades a second, over all addresses.',
    limit: { row: 'handshakes of the process', over: '503 with `Retry-After`' }
  }),
  handshakesPerSecondPerIp: int({
    env: ['ARQONBUS_HANDSHAKES_PER_SECOND_PER_IP'],
    default: 50,
    min: 1,
    max: 1_000_000,
    description: 'Upgrades a second from one address; loopback is exempt.',
    limit: { row: 'handshakes of an address', over: '429 with `Retry-After`' }
  }),
  handshakeBurstPerIp: int({
    env: ['ARQONBUS_HANDSHAKE_BURST_PER_IP'],
    default: 200,
    min: 1,
    max: 1_000_000,
    description: 'Upgrades from one address at once; loopback is exempt.',
    limit: { row: 'handshakes of an address at once', over: '429 with `Retry-After`' }
  }),
  handshakeTimeoutMs: int({
    env: ['ARQONBUS_HANDSHAKE_TIMEOUT_MS'],
    default: 5000,
    min: 50,
    max: 60_000,
    description: 'Time for the headers of a request to arrive, and again from there to the end of the upgrade.',
    limit: { row: 'time for a handshake', over: '408; after the headers the connection is cut' }
  }),
  pingIntervalMs: int({
    env: ['ARQONBUS_PING_INTERVAL_MS'],
    default: 25_000,
    min: 50,
    max: 600_000,
    description: 'Time between two pings to a connection, give or take a tenth.'
  }),
  pongTimeoutMs: int({
    env: ['ARQONBUS_PONG_TIMEOUT_MS'],
    default: 8000,
    min: 50,
    max: 600_000,
    description: 'Time for the answer to a ping.',
    limit: { row: 'time for a pong', over: 'closed with 4408' }
  }),
  maxMessageMs: int({
    env: ['ARQONBUS_MAX_MESSAGE_MS'],
    default: 60_000,
    min: 100,
    max: 3_600_000,
    description: 'Time that one message may take to come.',
    limit: { row: 'time for one message', over: 'closed with 4408' }
  }),
  livenessProbeMs: int({
    env: ['ARQONBUS_LIVENESS_PROBE_MS'],
    default: 2_000,
    min: 100,
    max: 3_600_000,
    description: 'A client that was sent something and is silent for so long is pinged at once.'
  }),
  maxViolationsPerMinute: int({
    env: ['ARQONBUS_MAX_VIOLATIONS_PER_MINUTE'],
    default: 20,
    min: 1,
    max: 100_000,
    description: 'Protocol errors of one connection in a minute.',
    limit: { row: 'protocol errors a minute', over: 'closed with 4400' }
  }),
  maxControlFramesPerSecond: int({
    env: ['ARQONBUS_MAX_CONTROL_FRAMES_PER_SECOND'],
    default: 50,
    min: 1,
    max: 100_000,
    description: 'Pings and pongs that one connection may send in a second.',
    limit: { row: 'control frames a second', over: 'closed with 1008' }
  })
}
