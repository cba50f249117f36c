import { connect } from 'arqonbus/client'

const operations = { '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '/': (a, b) => a / b }

/** Takes tasks that nobody else has taken, and publishes results. The first attempt is careless. */
export async function worker(url, room, name) {
  const bus = await connect(url, { clientType: 'ai-agent', screenName: name })
  const results = bus.channel(`${room}:results`)
  const tasks = bus.channel(`${room}:tasks`)
  tasks.on('message', async ({ payload: task }) => {
    if (!(await claim(bus, room, task, name))) return
    const [left, sign, right] = task.question.split(' ')
    const exact = operations[sign](Number(left), Number(right))
    const answer = task.attempt === 1 && sign === '-' ? exact + 1 : exact
    await results.publish({ ...task, answer, worker: name })
  })
  await tasks.join()
  return bus
}

/** Only one worker gets a task: the key of the attempt can be made once. */
async function claim(bus, room, { id, attempt }, name) {
  try {
    await bus.store.set(`${id}/attempt-${attempt}`, name, { namespace: room, if_version: 0 })
    return true
  } catch (error) {
    if (error.code === 'CONFLICT') return false
    throw error
  }
}
