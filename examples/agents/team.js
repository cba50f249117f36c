// Three agents that work together: a planner hands out tasks, workers carry them out, a critic sends back what is not good enough.
// They meet in channels and keep the state of the work in the store. No model is needed: what they "think" is arithmetic.
//   node examples/agents/team.js
import { critic } from './critic.js'
import { planner } from './planner.js'
import { worker } from './worker.js'

const url = process.env.ARQONBUS_WS_URL ?? 'ws://127.0.0.1:9100'
const room = `agents-${Date.now().toString(36)}`

const agents = await Promise.all([worker(url, room, 'ann'), worker(url, room, 'ben'), critic(url, room)])
const report = await planner(url, room, ['12 + 30', '7 * 6', '100 - 58', '84 / 2'])
console.log(report)
await Promise.all(agents.map(agent => agent.close()))
