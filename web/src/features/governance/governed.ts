import type { GovernedValue } from '../../shared/api/documents'
import { age, wad } from '../../shared/format'

/** Times are whole seconds, everything else 1e-18: the name says which, as in docs/protocol.md, section 10. */
const isSeconds = (name: string): boolean => name.split(':')[0]?.endsWith('Seconds') ?? false

export const valueText = (name: string, value: bigint): string => isSeconds(name) ? age(Number(value) * 1000) : wad(value)

/** USD by their bounds; all other wads are shares, rates or coins. */
export const unitOf = (name: string): string => {
  const base = name.split(':')[0] ?? name
  if (isSeconds(name)) return 'time'
  if (base.endsWith('CapWad') && name.includes(':')) return 'coins'
  return /(CapWad|PerHourWad|LeastWad)$/.test(base) && !base.startsWith('max') ? 'USD' : 'fraction'
}

export interface Use { share: number; text: string }

/** How much of the sum of steps that one direction may take in 30 days is taken; the larger of both. */
export function usedOf30Days({ name, raisedIn30Days, loweredIn30Days, mostIn30Days }: GovernedValue): Use {
  const [word, used] = raisedIn30Days >= loweredIn30Days ? ['up', raisedIn30Days] as const : ['down', loweredIn30Days] as const
  const share = mostIn30Days > 0n ? Number(used * 10_000n / mostIn30Days) / 10_000 : used > 0n ? 1 : 0
  return { share, text: used === 0n ? `0 of ${valueText(name, mostIn30Days)}` : `${word} ${valueText(name, used)} of ${valueText(name, mostIn30Days)}` }
}

/** Where the value stands between its hard bounds, 0 to 1. */
export const placeOf = ({ value, least, most }: GovernedValue): number => most > least ? Number((value - least) * 10_000n / (most - least)) / 10_000 : 0
