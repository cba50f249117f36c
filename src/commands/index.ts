import channel_info from './channel_info.ts'
import create_channel from './create_channel.ts'
import delete_channel from './delete_channel.ts'
import help from './help.ts'
import history from './history.ts'
import join_channel from './join_channel.ts'
import leave_channel from './leave_channel.ts'
import list_channels from './list_channels.ts'
import opCasilGet from './op.casil.get.ts'
import opCasilReload from './op.casil.reload.ts'
import opCasilTest from './op.casil.test.ts'
import opCronCancel from './op.cron.cancel.ts'
import opCronList from './op.cron.list.ts'
import opCronSchedule from './op.cron.schedule.ts'
import opHistoryGet from './op.history.get.ts'
import opHistoryReplay from './op.history.replay.ts'
import opOmegaClearEvents from './op.omega.clear_events.ts'
import opOmegaEmitEvent from './op.omega.emit_event.ts'
import opOmegaListEvents from './op.omega.list_events.ts'
import opOmegaListSubstrates from './op.omega.list_substrates.ts'
import opOmegaRegisterSubstrate from './op.omega.register_substrate.ts'
import opOmegaStatus from './op.omega.status.ts'
import opOmegaUnregisterSubstrate from './op.omega.unregister_substrate.ts'
import opStoreDelete from './op.store.delete.ts'
import opStoreGet from './op.store.get.ts'
import opStoreIncrement from './op.store.increment.ts'
import opStoreList from './op.store.list.ts'
import opStoreSet from './op.store.set.ts'
import opStoreUnwatch from './op.store.unwatch.ts'
import opStoreWatch from './op.store.watch.ts'
import opWebhookDeadLetters from './op.webhook.dead_letters.ts'
import opWebhookDeliveries from './op.webhook.deliveries.ts'
import opWebhookGet from './op.webhook.get.ts'
import opWebhookList from './op.webhook.list.ts'
import opWebhookRegister from './op.webhook.register.ts'
import opWebhookReplay from './op.webhook.replay.ts'
import opWebhookTest from './op.webhook.test.ts'
import opWebhookUnregister from './op.webhook.unregister.ts'
import ping from './ping.ts'
import refresh from './refresh.ts'
import status from './status.ts'
import whoami from './whoami.ts'

/** Everything that can be asked, by the concern whose service answers it. The next command is one file and one line here. */
export const table = {
  bus: [
    ping,
    status,
    help,
    whoami,
    create_channel,
    delete_channel,
    join_channel,
    leave_channel,
    list_channels,
    channel_info
  ],
  history: [history, opHistoryGet, opHistoryReplay],
  casil: [opCasilGet, opCasilReload, opCasilTest],
  auth: [refresh],
  webhooks: [
    opWebhookRegister,
    opWebhookList,
    opWebhookGet,
    opWebhookUnregister,
    opWebhookTest,
    opWebhookDeliveries,
    opWebhookDeadLetters,
    opWebhookReplay
  ],
  omega: [
    opOmegaStatus,
    opOmegaRegisterSubstrate,
    opOmegaListSubstrates,
    opOmegaUnregisterSubstrate,
    opOmegaEmitEvent,
    opOmegaListEvents,
    opOmegaClearEvents
  ],
  store: [opStoreSet, opStoreGet, opStoreDelete, opStoreList, opStoreIncrement, opStoreWatch, opStoreUnwatch],
  cron: [opCronSchedule, opCronList, opCronCancel]
} as const
