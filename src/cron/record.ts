import { type Static, Type } from '@sinclair/typebox'
import { compileCheck } from '../protocol/schema.ts'
import { OrderSchema } from './arguments.ts'
import { checkOrder } from './order.ts'

const Nullable = Type.Union([Type.Number(), Type.Null()])
const RecordSchema = Type.Object({
  tenant: Type.String(),
  ownerId: Type.String(),
  order: OrderSchema,
  author: Type.Unknown(),
  createdAtMs: Type.Number(),
  fired: Type.Integer({ minimum: 0 }),
  lastRunAtMs: Nullable,
  nextDueMs: Nullable
})

/**
 * A job of a tenant as the nodes of a cluster have it in common [cluster.md N6]. Its progress is part of it: whoever claims a firing
 * moves the progress of a job that is there, so a job that is finished or cancelled cannot be claimed, however late somebody asks.
 */
export type JobRecord = Readonly<Static<typeof RecordSchema>>

const checkShape = compileCheck(RecordSchema)

/** Bounds that every order keeps: those under which it was taken may have been others. */
const unbounded = {
  cronMinIntervalMs: 0,
  maxCronDelaySeconds: Number.POSITIVE_INFINITY,
  maxCronPayloadBytes: Number.POSITIVE_INFINITY,
  maxCronRepeats: Number.POSITIVE_INFINITY
}

/** The record as text. Times are kept to the last bit, so that all nodes mean the same one. */
export function writeRecord(record: JobRecord): string {
  return JSON.stringify(record)
}

/** The record that a text holds. @throws {Error} when it holds none, or one whose order nobody could have given */
export function readRecord(text: string): JobRecord {
  const value: unknown = JSON.parse(text)
  const faults = checkShape(value)
  if (faults.length > 0) throw new Error(faults.join('; '))
  const record = value as JobRecord
  checkOrder(record.order, true, unbounded, record.createdAtMs)
  return record
}
