import type { BusCommands } from './commands/bus.ts'
import type { CasilCommands } from './commands/casil.ts'
import type { ChannelsCommands } from './commands/channels.ts'
import type { CronCommands } from './commands/cron.ts'
import type { HistoryCommands } from './commands/history.ts'
import type { OmegaCommands } from './commands/omega.ts'
import type { StoreCommands } from './commands/store.ts'
import type { WebhooksCommands } from './commands/webhooks.ts'

/** Every command of this version, with the types of its arguments and of the data of its answer. Made from the server's own table. */
export interface Commands
  extends BusCommands,
    CasilCommands,
    ChannelsCommands,
    CronCommands,
    HistoryCommands,
    OmegaCommands,
    StoreCommands,
    WebhooksCommands {}

/** The name of a command. */
export type CommandName = keyof Commands

/** What a command takes. */
export type CommandArgs<Name extends CommandName> = Commands[Name]['args']

/** What a command answers. */
export type CommandData<Name extends CommandName> = Commands[Name]['result']
