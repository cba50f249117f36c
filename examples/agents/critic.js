import { connect } from 'arqonbus/client'

/** Accepts results, or sends the task back for another attempt. */
export async function critic(url, room) {
  const bus = await connect(url, { clientType: 'ai-agent', screenName: 'critic' })
  const results = bus.channel(`${room}:results`)
  results.on('message', async ({ payload: result }) => {
    const { id, question, attempt, answer } = result
    if (answer === 42) {
      await bus.store.increment('done', { namespace: room })
      await bus.channel(`${room}:accepted`).publish(result)
    } else await bus.channel(`${room}:tasks`).publish({ id, question, attempt: attempt + 1 })
  })
  await results.join()
  return bus
}
