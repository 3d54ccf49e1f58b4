import type { Band, Solvency, SolvencyProof } from '../../shared/api/documents'
import { number } from '../../shared/format'
import type { Level } from '../../shared/ui/StateLabel'

const one = 10n ** 18n

/** The index that is told where nothing is short, and for all above it. */
const cap = 1_000n * one

/** Two decimals, cut off: an index is never rounded up to its next band. */
export function indexText(wad: bigint | undefined): string {
  if (wad === undefined) return '–'
  return wad >= cap ? '≥ 1,000' : number(Number(wad / (one / 100n)) / 100, 2)
}

/** For charts: six digits after the point, cut off. */
export const indexNumber = (wad: bigint): number => Number(wad / 10n ** 12n) / 1e6

export const bandLevels: Record<Band, Level> = { strong: 'ok', covered: 'warn', short: 'danger', unknown: 'dim' }

/** A stream that is cut makes every band unknown: nobody tells a newer one. */
export const bandNow = (answer: Solvency, isLive: boolean): Band => isLive ? answer.band : 'unknown'

/** Whether the answer holds an index at all: without a known fund there is nothing to divide. */
export const hasIndex = (answer: Solvency): boolean => answer.solvency !== undefined && !answer.reasons.some(reason => reason.code === 'fund-unknown')

/** The fields of the what-if form as they are typed. */
export interface WhatIfForm { lost: string; gaps: string; hours: string; insurance: string; backstop: string }

export const emptyForm: WhatIfForm = { lost: '', gaps: '', hours: '', insurance: '', backstop: '' }

export type Read = { query: string } | { field: keyof WhatIfForm; problem: string }

const itemsOf = (text: string): string[] => text.split(/[,;\s]+/).filter(item => item !== '')

const decimal = /^\d{1,12}(\.\d{1,6})?$/

/** The form as the query of /solvency/whatif; or the first field that cannot be read, and what it should hold. */
export function readForm(form: WhatIfForm): Read {
  const query = new URLSearchParams()
  const lost = itemsOf(form.lost)
  if (lost.length > 64) return { field: 'lost', problem: 'at most 64 accounts' }
  for (const account of lost) query.append('lose', account)
  const gaps = itemsOf(form.gaps)
  if (gaps.length > 16) return { field: 'gaps', problem: 'at most 16 coins' }
  for (const gap of gaps) {
    const [, asset, share] = /^([A-Za-z0-9_]+)=(\d{1,3}(?:\.\d+)?)%?$/.exec(gap) ?? []
    const fraction = Number(share) / 100
    if (!asset || !(fraction > 0 && fraction <= 1)) return { field: 'gaps', problem: 'coins with percent above 0 up to 100, as in ETH=20' }
    query.append('gap', `${asset.toUpperCase()}=${Number(fraction.toFixed(9))}`)
  }
  const hours = form.hours.trim()
  if (hours !== '') {
    if (!decimal.test(hours) || Number(hours) > 720) return { field: 'hours', problem: 'hours from 0 to 720' }
    query.set('hours', hours)
  }
  for (const field of ['insurance', 'backstop'] as const) {
    const usd = form[field].replaceAll(',', '').trim()
    if (usd === '') continue
    if (!decimal.test(usd)) return { field, problem: 'an amount of USD' }
    query.set(field, usd)
  }
  return { query: query.toString() }
}

/** An integer of 1e-6 USD for the eye. */
export const usdOfMoney = (money: bigint): number => Number(money) / 1e6

export const proofLevels: Record<SolvencyProof['status'], { level: Level; word: string }> = {
  none: { level: 'dim', word: 'no proof published' },
  published: { level: 'ok', word: 'published' },
  expired: { level: 'warn', word: 'expired' },
}
