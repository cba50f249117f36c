import { ALL } from '../auth/capabilities.ts'
import { hasRole } from '../auth/roles.ts'
import type { Kind } from '../casil/classify.ts'
import { BusError } from '../errors.ts'
import { splitAddress, targetOf } from '../protocol/address.ts'
import { FrameError } from '../protocol/codec.ts'
import type { Position, RoutedType, Stamped } from '../protocol/message.ts'
import { TELEMETRY_CHANNEL, TELEMETRY_ROOM } from '../rooms/seed.ts'
import type { Draft, Engine, Outcome } from './draft.ts'
import { stamp } from './stamp.ts'

/** One step of a message's way: goes on, or throws the BusError that the sender gets. */
export type Stage = (draft: Draft, engine: Engine) => void

/** The room name that stands for every connection of the tenant. */
const EVERYWHERE = '*'
/** What inspection takes a type for [casil.md, Classification]. */
const kinds: Readonly<Record<RoutedType, Kind>> = {
  message: 'data',
  event: 'data',
  private: 'data',
  system: 'system',
  telemetry: 'telemetry'
}
const NONE: readonly string[] = Object.freeze([])

/** What happens to a message, in this order [architecture.md, How one published message flows]. */
export const stages: readonly Stage[] = [resolve, authorize, inspect, open, stamp, publish]

/** Runs a message through all stages. Its answer is called exactly once, whatever happens. */
export function runStages(draft: Draft, engine: Engine): void {
  for (const stage of stages) stage(draft, engine)
}

/** Finds out where the message goes: targets, an explicit address, the default of its type, or the sender's initial address. */
function resolve(draft: Draft, engine: Engine): void {
  const { envelope, source } = draft
  if (envelope.room !== undefined) setPlace(draft, envelope.room)
  if (envelope.to !== undefined) {
    draft.to = envelope.to
    if (envelope.room === undefined) draft.channel = envelope.channel ?? ''
    return
  }
  if (envelope.room !== undefined) {
    if (draft.room === EVERYWHERE) return
  } else if (envelope.channel !== undefined) {
    throw new FrameError(['room: is required with a channel'], envelope.id)
  } else if (draft.type === 'telemetry') {
    draft.room = TELEMETRY_ROOM
    draft.channel = TELEMETRY_CHANNEL
  } else if (source.identity.room !== undefined) {
    draft.room = source.identity.room
    draft.channel = source.identity.channel ?? ''
  } else {
    throw new FrameError(['room: is required, since the connection has no initial address'], envelope.id)
  }
  draft.record = engine.registry.find(source.identity.tenant, draft.room, draft.channel)
}

/** Takes the place that the frame names, in either spelling. */
function setPlace(draft: Draft, spelled: string): void {
  const { channel: named, id } = draft.envelope
  const { room, channel } = splitAddress(spelled)
  if (channel !== undefined && named !== undefined && named !== channel) {
    throw new FrameError([`channel: must be "${channel}", as in room "${spelled}", or absent`], id)
  }
  draft.room = room
  draft.channel = channel ?? named ?? ''
}

/** Asks whether the sender may send this there. */
function authorize(draft: Draft): void {
  const { source, room, channel } = draft
  const { identity } = source
  if (draft.type === 'system' && !hasRole(identity.role, 'admin')) {
    throw new BusError('AUTHORIZATION_ERROR', { message: 'Only the server and admins send system messages' })
  }
  if (room === EVERYWHERE && draft.to.length === 0) {
    if (draft.type !== 'system') throw new FrameError(['room: "*" is only for system messages'], draft.envelope.id)
    return
  }
  if (draft.to.length > 0) return
  if (identity.capabilities !== ALL) {
    const target = targetOf(room, channel)
    if (!identity.capabilities.mayPublish(target)) {
      throw new BusError('AUTHORIZATION_ERROR', { message: `Not allowed to publish to ${target}` })
    }
  }
}

/** Asks the gate about the content; what it blocks ends here [casil.md]. */
function inspect(draft: Draft, { gate }: Engine): void {
  if (!gate.isEnabled) return
  const { envelope, room, channel, source } = draft
  const content = { room, channel, kind: kinds[draft.type], payload: envelope.payload, text: envelope.payloadText }
  draft.verdict = gate.pass(content, source)
}

/** Creates an unknown channel, now that the message may go there. */
function open(draft: Draft, { registry }: Engine): void {
  const { source, room, channel } = draft
  if (draft.to.length > 0 || room === EVERYWHERE) return
  draft.record ??= registry.ensure(source.identity.tenant, room, channel, source.id)
}

/** Hands the message to the broker, which stores and delivers it. */
function publish(draft: Draft, engine: Engine): void {
  const { record, answer } = draft
  const message = draft.message as Stamped
  if (message.to.length > 0) {
    engine.broker.send(message, (error, missing) => {
      if (error) answer(error, undefined)
      else if (missing.length === message.to.length) answer(targetsNotFound(message.to), undefined)
      else answer(undefined, outcomeOf(message, undefined, false, missing))
    })
  } else if (record === undefined) {
    engine.broker.broadcast(message, error =>
      answer(error, error ? undefined : outcomeOf(message, undefined, false, NONE))
    )
  } else {
    record.lastActivityMs = message.timestampMs
    engine.broker.publish(message, (error, stored) => {
      if (stored === undefined) return answer(error ?? new BusError('ENGINE_UNAVAILABLE'), undefined)
      answer(undefined, outcomeOf(message, stored, stored.duplicate, NONE))
      if (engine.published.isHeard && !stored.duplicate) engine.published.emit(message, stored)
    })
  }
}

function outcomeOf(
  message: Stamped,
  position: Position | undefined,
  isDuplicate: boolean,
  missing: readonly string[]
): Outcome {
  return { message, position, isDuplicate, missing }
}

function targetsNotFound(targets: readonly string[]): BusError {
  const one =
    targets.length === 1 ? `Target not found: ${(targets[0] ?? '').slice(0, 128)}` : 'None of the targets is connected'
  return new BusError('TARGET_NOT_FOUND', { message: one })
}
