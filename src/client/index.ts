export type { BusAddress } from './address.ts'
export type { BackoffLimits } from './backoff.ts'
export type { BusChannel, Member } from './channel.ts'
export type { BusClient } from './client.ts'
export type { CommandArgs, CommandData, CommandName, Commands } from './commands.ts'
export { type ConnectOptions, connect } from './connect.ts'
export { BusClientError, type BusClientErrorOptions, type ClientErrorCode, type Closure } from './error.ts'
export type { RequestContext, RequestHandler } from './exchange.ts'
export type { BusMessage, Frame, Welcome } from './frames.ts'
export type { ClientState, StateChange } from './lifeline.ts'
export type { BusCron, BusWebhooks } from './operators.ts'
export type { Position } from './place.ts'
export type { Runtime } from './runtime.ts'
export type { ClientSocket, SocketConstructor } from './socket.ts'
export type { BusStore, StoreChange, WatchOptions } from './store.ts'
export type {
  ArgsOf,
  ChannelEvents,
  ClientEvents,
  CommandResult,
  HistoryData,
  HistoryEntry,
  HistoryOptions,
  JoinData,
  JoinOptions,
  PresenceNotice,
  Published,
  PublishOptions,
  Recovery,
  RequestOptions,
  ResultOf,
  Sent,
  StreamOptions
} from './types.ts'
