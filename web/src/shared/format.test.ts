import { describe, expect, it } from 'vitest'
import * as format from './format'

describe('numbers', () => {
  it('groups digits, writes a true minus, and no minus before a zero', () => {
    expect(format.number(1234567.891, 2)).toBe('1,234,567.89')
    expect(format.usd(-1234.4)).toBe('−1,234')
    expect(format.usd(-0.2)).toBe('0')
  })
  it('shows the sign of every change but zero', () => {
    expect(format.signed(12.34, 1)).toBe('+12.3')
    expect(format.signed(-12.34, 1)).toBe('−12.3')
    expect(format.signed(0.001, 1)).toBe('0.0')
    expect(format.signedPercent(-0.12)).toBe('−12.0 %')
  })
  it('shortens money', () => {
    expect(format.usdShort(1_234_567)).toBe('1.23M')
    expect(format.usdShort(-45_300)).toBe('−45.3K')
    expect(format.usdShort(999)).toBe('999')
    expect(format.usdShort(-102_820)).toBe('−103K')
    expect(format.usdShort(0)).toBe('0')
  })
  it('shows what is absent or no number as a dash', () => {
    for (const text of [format.usd(undefined), format.percent(Number.NaN), format.ratio(undefined), format.age(undefined), format.instant('soon'), format.shortHash(undefined)])
      expect(text).toBe('–')
  })
  it('caps ratios, cuts levels', () => {
    expect(format.ratio(1.149)).toBe('1.15')
    expect(format.level(0.975)).toBe('97.5 %')
    expect(format.ratio(1e6)).toBe('> 100')
  })
})

describe('times', () => {
  it('are in UTC', () => {
    expect(format.instant('2026-03-02T13:10:00+01:00')).toBe('2026-03-02 12:10:00')
    expect(format.clock('2026-03-02T12:10:05.9Z')).toBe('12:10:05')
    expect(format.day('2026-03-27T08:00:00Z')).toBe('2026-03-27')
  })
  it('lengths grow their unit', () => {
    expect(format.duration(4.24)).toBe('4.2 ms')
    expect(format.duration(999)).toBe('999 ms')
    expect(format.duration(59_999)).toBe('59 s')
    expect(format.duration(125_000)).toBe('2 min 5 s')
    expect(format.duration(3_600_000 * 3)).toBe('3 h 0 min')
    expect(format.duration(3_600_000 * 50)).toBe('2 d 2 h')
  })
  it('ages are whole seconds and not negative', () => {
    expect(format.age(-300)).toBe('0 s')
    expect(format.age(1700)).toBe('1 s')
  })
})

describe('words', () => {
  it('counts', () => {
    expect(format.count(1, 'account')).toBe('1 account')
    expect(format.count(1200, 'account')).toBe('1,200 accounts')
    expect(format.count(2, 'expiry', 'expiries')).toBe('2 expiries')
  })
})
