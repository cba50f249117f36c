import { choice, NAME, optionalText, text, toggle } from './key.ts'

const NO_OTHER_STORE = 'this store is not supported; what must outlive the process belongs to the broker `nats`'

/** What the server is made of, and which parts are on. */
export const featureKeys = {
  broker: choice(['memory', 'nats'], {
    env: ['ARQONBUS_BROKER'],
    flag: 'broker',
    default: 'memory',
    description:
      'What carries messages and keeps history: this process alone, or NATS JetStream for any number of nodes, with a history that outlives them.'
  }),
  natsUrl: text({
    env: ['ARQONBUS_NATS_URL'],
    flag: 'nats-url',
    default: 'nats://127.0.0.1:4222',
    format: 'nats-url',
    secret: true,
    allowed: 'nats:// or tls:// URLs with commas between them',
    description: 'Servers of the broker `nats`; without meaning for `memory`. The first user named counts for all.'
  }),
  natsCreds: optionalText({
    env: ['ARQONBUS_NATS_CREDS'],
    secret: true,
    allowed: 'the path of a credentials file',
    description: 'Credentials file for the broker `nats`; without meaning for `memory`.'
  }),
  natsReplicas: choice(['1', '3', '5'], {
    env: ['ARQONBUS_NATS_REPLICAS'],
    default: '1',
    description:
      'How many servers of the broker `nats` hold each message before it is acknowledged. All nodes must say the same.'
  }),
  storageBackend: choice(['memory'], {
    env: ['ARQONBUS_STORAGE_BACKEND'],
    default: 'memory',
    refused: { redis: NO_OTHER_STORE, valkey: NO_OTHER_STORE, postgres: NO_OTHER_STORE },
    description: 'Accepted for older deployments; only `memory`.'
  }),
  autoCreateChannels: toggle({
    env: ['ARQONBUS_AUTO_CREATE_CHANNELS'],
    default: true,
    description: 'Whether a channel comes into being when it is first used.'
  }),
  omegaEnabled: toggle({
    env: ['ARQONBUS_OMEGA_ENABLED'],
    default: false,
    description: 'Whether the experimental lane is on.'
  }),
  omegaLabRoom: text({
    env: ['ARQONBUS_OMEGA_LAB_ROOM'],
    default: 'omega-lab',
    ...NAME,
    description: 'Room of the lab channel, which exists from the start.'
  }),
  omegaLabChannel: text({
    env: ['ARQONBUS_OMEGA_LAB_CHANNEL'],
    default: 'signals',
    ...NAME,
    description: 'Name of the lab channel.'
  })
}
