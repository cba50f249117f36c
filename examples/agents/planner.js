import { connect } from 'arqonbus/client'

/** Publishes tasks, and resolves with a report once the critic has accepted a result for each. */
export async function planner(url, room, questions) {
  const bus = await connect(url, { clientType: 'ai-agent', screenName: 'planner' })
  const accepted = bus.channel(`${room}:accepted`)
  const results = accepted.messages()
  await accepted.join()

  const tasks = bus.channel(`${room}:tasks`)
  for (const [index, question] of questions.entries()) {
    const task = { id: `task-${index + 1}`, question, attempt: 1 }
    await bus.store.set(task.id, { ...task, state: 'open' }, { namespace: room })
    await tasks.publish(task)
  }

  const lines = new Map()
  for await (const { payload } of results) {
    lines.set(payload.id, `${payload.question} = ${payload.answer} (${payload.worker}, attempt ${payload.attempt})`)
    if (lines.size === questions.length) break
  }
  const done = await bus.store.get('done', { namespace: room })
  await bus.close()
  return [...lines.values()].sort().concat(`${done.value} tasks done`).join('\n')
}
