export type { BusAddress } from './address.ts'
export type { BusClient } from './client.ts'
export { type ConnectOptions, connect } from './connect.ts'
export { BusClientError, type BusClientErrorOptions, type ClientErrorCode, type Closure } from './error.ts'
export type { BusMessage, Frame, Welcome } from './frames.ts'
export type { ClientSocket, SocketConstructor } from './socket.ts'
export type {
  ClientEvents,
  CommandResult,
  HistoryData,
  HistoryEntry,
  JoinData,
  JoinOptions,
  Published,
  PublishOptions,
  Sent,
  StreamOptions
} from './types.ts'
