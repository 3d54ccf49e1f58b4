import { expect, it } from 'vitest'
import type { Solvency } from '../../shared/api/documents'
import { bandNow, emptyForm, hasIndex, indexNumber, indexText, readForm, usdOfMoney } from './solvency'

const wad = 10n ** 18n

it.each([
  [1_999_999_999_999_999_999n, '1.99'], [2n * wad, '2.00'], [999_999_999_999_999_999n, '0.99'], [0n, '0.00'], [1_000n * wad, '≥ 1,000'], [999_999n * wad / 1000n, '999.99'], [undefined, '–'],
])('cuts the index off and never rounds it up: %s', (value, text) => {
  expect(indexText(value)).toBe(text)
})

it('keeps six digits for charts', () => {
  expect(indexNumber(1_234_567_999_999_999_999n)).toBe(1.234567)
  expect(usdOfMoney(29_301_123_456n)).toBe(29_301.123456)
})

it('knows no band while the stream is cut', () => {
  const answer = { band: 'strong', reasons: [] } as unknown as Solvency
  expect(bandNow(answer, true)).toBe('strong')
  expect(bandNow(answer, false)).toBe('unknown')
})

it('has no index without figures or a known fund', () => {
  const answer = { band: 'unknown', reasons: [], solvency: {} } as unknown as Solvency
  expect(hasIndex(answer)).toBe(true)
  expect(hasIndex({ ...answer, reasons: [{ code: 'fund-unknown', message: '' }] })).toBe(false)
  expect(hasIndex({ ...answer, solvency: undefined })).toBe(false)
})

it('reads the whole form', () => {
  expect(readForm(emptyForm)).toEqual({ query: '' })
  expect(readForm({ lost: 'mm-1, mm-2', gaps: 'eth=20 STETH=12.5%', hours: '4', insurance: '1,000,000', backstop: '0.5' }))
    .toEqual({ query: 'lose=mm-1&lose=mm-2&gap=ETH%3D0.2&gap=STETH%3D0.125&hours=4&insurance=1000000&backstop=0.5' })
  expect(readForm({ ...emptyForm, gaps: 'ETH=0.7' })).toEqual({ query: 'gap=ETH%3D0.007' })
})

it.each([
  ['gaps', 'ETH'], ['gaps', 'ETH=0'], ['gaps', 'ETH=101'], ['gaps', 'ETH=-5'], ['hours', 'long'], ['hours', '721'], ['hours', '-1'], ['insurance', '-1'], ['insurance', '1e6'], ['backstop', 'much'],
  ['lost', Array.from({ length: 65 }, (_, place) => `a${place}`).join(',')], ['gaps', Array.from({ length: 17 }, (_, place) => `C${place}=1`).join(',')],
] as const)('names the field that cannot be read: %s %s', (field, text) => {
  expect(readForm({ ...emptyForm, [field]: text })).toMatchObject({ field })
})
