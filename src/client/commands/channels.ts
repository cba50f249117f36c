// Made by `npm run docs:generate` from src/commands.
/** Commands with their arguments and the data of their answers. */
export interface ChannelsCommands {
  /** Show one channel with its members, the first 1,000 of them. */
  channel_info: {
    args: { readonly room: string; readonly channel: string }
    result: {
      readonly id: string
      readonly channel_id: string
      readonly room: string
      readonly name: string
      readonly description: string
      readonly participant_count: number
      readonly member_count: number
      readonly created_at: string
      readonly created_by: string
      readonly type: string
      readonly hardcoded: boolean
      readonly last_activity: string
      readonly participants: readonly string[]
      readonly members: readonly {
        readonly client_id: string
        readonly screen_name?: string | undefined
        readonly client_type: string
        readonly joined_at: string
      }[]
      readonly metadata: {
        readonly created_at: string
        readonly created_by: string
        readonly type: string
        readonly hardcoded: boolean
        readonly auto_created: boolean
        readonly description: string
      }
    }
  }
  /** Create a channel that stays until it is deleted. */
  create_channel: {
    args: { readonly room: string; readonly channel: string; readonly description?: string | undefined }
    result: {
      readonly success: true
      readonly room: string
      readonly room_id: string
      readonly channel: string
      readonly channel_id: string
      readonly channel_name: string
      readonly description: string
      readonly created_by: string
      readonly created_at: string
    }
  }
  /** Delete a channel without members, with its history. */
  delete_channel: {
    args: { readonly room: string; readonly channel: string }
    result: {
      readonly success: true
      readonly room: string
      readonly channel: string
      readonly deleted_by: string
      readonly deleted_at: string
    }
  }
  /** Become a member of a channel; with `since` and `epoch`, get what was missed before anything live. */
  join_channel: {
    args: {
      readonly room: string
      readonly channel: string
      readonly since?: number | undefined
      readonly epoch?: string | undefined
      readonly presence?: boolean | undefined
    }
    result: {
      readonly success: true
      readonly room: string
      readonly channel: string
      readonly channel_id: string
      readonly participant_count: number
      readonly joined_at: string
      readonly created: boolean
      readonly sequence: number
      readonly epoch: string
      readonly recovered?: boolean | undefined
    }
  }
  /** End a membership; nothing happens when there is none. */
  leave_channel: {
    args: { readonly room: string; readonly channel: string }
    result: { readonly success: true; readonly room: string; readonly channel: string; readonly left_at: string }
  }
  /** List the channels of a room, or of all rooms, by name; more than 1,000 come in pages. */
  list_channels: {
    args: {
      readonly room?: string | undefined
      readonly limit?: number | undefined
      readonly cursor?: string | undefined
    }
    result: {
      readonly room: string | null
      readonly total_channels: number
      readonly channels: readonly {
        readonly id: string
        readonly channel_id: string
        readonly room: string
        readonly name: string
        readonly description: string
        readonly participant_count: number
        readonly member_count: number
        readonly created_at: string
        readonly created_by: string
        readonly type: string
        readonly hardcoded: boolean
        readonly last_activity: string
      }[]
      readonly next_cursor: string | null
    }
  }
}
