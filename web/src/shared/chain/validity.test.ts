import { expect, it } from 'vitest'
import { validityOf } from './validity'

const batch = { observedAt: '2026-03-02T12:00:00Z', validUntil: '2026-03-02T12:04:00Z' }
const at = (time: string) => validityOf(batch, Date.parse(`2026-03-02T${time}Z`))

it('tells age against life, late from its half, run out after its last second', () => {
  expect(at('12:00:12')).toMatchObject({ level: 'ok', text: '12 s of 4 min 0 s', share: 0.05 })
  expect(at('12:02:01')).toMatchObject({ level: 'warn' })
  expect(at('12:04:00')).toMatchObject({ level: 'warn', share: 1 })
  expect(at('12:04:01')).toMatchObject({ level: 'danger', text: 'run out, 4 min 1 s old' })
  expect(at('11:59:58')).toMatchObject({ ageMs: 0, level: 'ok', text: '0 s of 4 min 0 s' })
})
