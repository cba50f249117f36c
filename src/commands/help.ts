import { Type } from '@sinclair/typebox'
import type { Bus } from '../bus/bus.ts'
import { command } from '../bus/command.ts'

export default command({
  name: 'help',
  summary: 'List every command with its arguments.',
  role: 'user',
  isReadOnly: true,
  args: Type.Object({}, { additionalProperties: false }),
  result: Type.Object({
    count: Type.Integer(),
    commands: Type.Array(
      Type.Object({
        name: Type.String({ examples: ['op.history.get'] }),
        aliases: Type.Array(Type.String()),
        summary: Type.String({ examples: ['Read stored envelopes of a channel.'] }),
        role: Type.String({ examples: ['user'] }),
        args: Type.Object(
          {},
          { additionalProperties: true, description: 'JSON Schema of the arguments', examples: [{ type: 'object' }] }
        )
      })
    )
  }),
  run: (bus: Bus) => {
    const commands = bus.commands.list().map(({ name, aliases, summary, role, args }) => ({
      name,
      aliases: aliases ?? [],
      summary,
      role,
      args
    }))
    return { message: `${commands.length} commands`, data: { count: commands.length, commands } }
  }
})
