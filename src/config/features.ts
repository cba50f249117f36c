import { choice, NAME, optionalText, text, toggle } from './key.ts'

const NO_OTHER_STORE = 'this store is not supported; what must outlive the process belongs to the broker `nats`'

/** What the server is made of, and which parts are on. */
export const featureKeys = {
  broker: choice(['memory', 'nats'], {
    env: ['ARQONBUS_BROKER'],
    flag: 'broker',
    default: 'memory',
    refused: { nats: 'this version has only the memory broker' },
    description: 'What carries messages and keeps history. This version has only `memory`.'
  }),
  natsUrl: optionalText({
    env: ['ARQONBUS_NATS_URL'],
    flag: 'nats-url',
    format: 'nats-url',
    secret: true,
    allowed: 'nats://, tls://, ws:// or wss:// URLs with commas between them',
    description: 'Servers of the broker `nats`; without meaning for `memory`.'
  }),
  natsCreds: optionalText({
    env: ['ARQONBUS_NATS_CREDS'],
    secret: true,
    allowed: 'the path of a credentials file',
    description: 'Credentials file for the broker `nats`; without meaning for `memory`.'
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
