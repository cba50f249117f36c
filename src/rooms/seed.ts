/** A channel that is part of every tenant from the start. */
export interface Seed {
  readonly room: string
  readonly channel: string
  readonly description: string
}

const science: readonly (readonly [channel: string, description: string])[] = [
  ['general', 'Open discussion'],
  ['explore', 'Questions and observations'],
  ['hypothesize', 'Ideas to be tested'],
  ['design', 'Plans of experiments'],
  ['execute', 'Experiments under way'],
  ['interpret', 'What the results mean'],
  ['share', 'Findings for everyone']
]

/** The room that telemetry travels in. */
export const TELEMETRY_ROOM = 'integriguard'
/** Where messages of type `telemetry` go that name no address. */
export const TELEMETRY_CHANNEL = 'telemetry-stream'
/** Where dashboards are told what agents do. */
export const ACTIVITY_CHANNEL = 'dashboard-events'

/** The world at start [protocol.md]: these channels are undeletable. */
export function seedsOf(lab: { readonly room: string; readonly channel: string }): readonly Seed[] {
  return [
    ...science.map(([channel, description]) => ({ room: 'science', channel, description })),
    { room: TELEMETRY_ROOM, channel: TELEMETRY_CHANNEL, description: 'Telemetry events' },
    { room: TELEMETRY_ROOM, channel: ACTIVITY_CHANNEL, description: 'Activity of agents and services' },
    { room: lab.room, channel: lab.channel, description: 'Signals of the experimental lane' }
  ]
}
