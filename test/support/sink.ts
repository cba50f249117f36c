import type { Sink } from '../../src/broker/broker.ts'
import type { Stamped } from '../../src/protocol/message.ts'
import type { Publication } from '../../src/protocol/publication.ts'

/** A node's side of a broker that writes down what it is handed. */
export class RecordingSink implements Sink {
  readonly publications: Publication[] = []
  readonly transients: Stamped[] = []
  /** The channels of which deliveries were lost. */
  readonly losses: string[] = []
  /** What other nodes have asked. */
  readonly questions: unknown[] = []
  /** What they are answered. */
  answer: (question: unknown) => unknown = () => undefined
  /** The clients that count as connected here. */
  readonly clients = new Set<string>()
  /** What a test wants to happen while a publication is delivered. */
  onDeliver: (publication: Publication) => void = () => {}

  deliver(publication: Publication): void {
    this.publications.push(publication)
    this.onDeliver(publication)
  }

  transient(message: Stamped): readonly string[] {
    this.transients.push(message)
    return message.to.filter(client => this.clients.has(client))
  }

  asked(question: unknown): unknown {
    this.questions.push(question)
    return this.answer(question)
  }

  lost(key: string): void {
    this.losses.push(key)
  }

  /** The ids of the publications of one channel, in the order of delivery. */
  idsOf(key: string): string[] {
    return this.publications.filter(({ message }) => message.key === key).map(({ message }) => message.id)
  }
}
