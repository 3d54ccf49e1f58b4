import type { Batch } from '../api/documents'
import { age } from '../format'

export interface Validity {
  /** Of the batch's market; share of its life that is over. */
  ageMs: number
  share: number
  level: 'ok' | 'warn' | 'danger'
  text: string
}

/** Beyond half of its life the next batch is late; at its end nothing that needs margin can be done. */
const lateShare = 0.5

export function validityOf(batch: Pick<Batch, 'observedAt' | 'validUntil'>, nowMs: number): Validity {
  const from = Date.parse(batch.observedAt)
  const lifeMs = Date.parse(batch.validUntil) - from
  const ageMs = Math.max(nowMs - from, 0)
  const share = lifeMs > 0 ? ageMs / lifeMs : 1
  return {
    ageMs, share, level: share > 1 ? 'danger' : share > lateShare ? 'warn' : 'ok',
    text: share > 1 ? `run out, ${age(ageMs)} old` : `${age(ageMs)} of ${age(lifeMs)}`,
  }
}
