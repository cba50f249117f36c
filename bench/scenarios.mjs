// What is measured. `goals` are the highest ratios ArqonBus / peer that the project wants to see: of the main
// figure of the scenario, and of the p99.

const fan = members => ({ kind: 'flow', rooms: 1, publishersPerRoom: 1, membersPerRoom: members })
const chat = { kind: 'flow', rooms: 1, publishersPerRoom: 50, membersPerRoom: 100 }
const rooms = { kind: 'flow', rooms: 200, publishersPerRoom: 1, membersPerRoom: 5 }

const rateGoals = { main: { 'naive-ws': 0.95, socketio: 0.85 }, p99: { 'naive-ws': 1 } }
const saturationGoals = main => ({ main, p99: { 'naive-ws': 0.4 } })
const fanGoals = saturationGoals({ 'naive-ws': 0.28, socketio: 0.25 })

/** Map of name -> scenario; `rate` is an open loop, `inFlight` (per publisher) a closed one. */
export const scenarios = {
  'fan100-rate': { ...fan(100), rate: { perSecond: 200, burst: 1 }, seconds: 4, goals: rateGoals },
  'fan1000-rate': { ...fan(1000), rate: { perSecond: 25, burst: 1 }, seconds: 4, goals: rateGoals },
  'rooms-rate': { ...rooms, rate: { perSecond: 4000, burst: 1 }, seconds: 4, goals: rateGoals },
  'rooms-bursts': {
    ...rooms,
    rate: { perSecond: 4000, burst: 10 },
    seconds: 4,
    goals: { main: { 'naive-ws': 0.25, socketio: 0.3 }, p99: { 'naive-ws': 1 } }
  },
  'chat-rate': { ...chat, rate: { perSecond: 200, burst: 1 }, seconds: 4, goals: rateGoals },
  'fan100-sat': { ...fan(100), inFlight: 8, seconds: 4, goals: fanGoals },
  'fan1000-sat': { ...fan(1000), inFlight: 8, seconds: 4, goals: fanGoals },
  'rooms-sat': { ...rooms, inFlight: 1, seconds: 4, goals: saturationGoals({ 'naive-ws': 0.9, socketio: 0.6 }) },
  'chat-sat': { ...chat, inFlight: 2, seconds: 4, goals: saturationGoals({ 'naive-ws': 0.08, socketio: 0.08 }) },
  echo: { kind: 'echo', seconds: 3, goals: { main: { 'naive-ws': 1 } } },
  idle: { kind: 'idle', connections: 5000, seconds: 8, goals: {}, ceilingKb: 14 },
  storm: { kind: 'storm', connections: 2000, goals: {} }
}

/** The same scenario for a look in passing: one second, a tenth of the connections. */
export function shortened(scenario) {
  const short = { ...scenario }
  if (short.seconds) short.seconds = scenario.kind === 'idle' ? 2 : 1
  if (short.connections) short.connections /= 10
  return short
}
