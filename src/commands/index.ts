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
import opHistoryGet from './op.history.get.ts'
import opHistoryReplay from './op.history.replay.ts'
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
  auth: [refresh]
} as const
