import type { AccountMargin } from '../../shared/api/documents'

export interface Step {
  name: string
  /** Where the bar begins and ends, USD. */
  from: number
  to: number
  /** A candidate for the core, a part that is added, or a sum. */
  kind: 'candidate' | 'part' | 'sum'
}

/** Less than a cent is rounding. */
const negligible = 0.01

/**
 * From the core to the margins (docs/model/margin.md): `es` and `grid` compete for the core, what follows it adds up to the maintenance margin, and
 * the initial margin is the multiple of it. Parts of nothing are left out; what the parts do not explain stands as `other`.
 */
export function waterfall(margin: Pick<AccountMargin, 'components' | 'maintenance' | 'initial'>): Step[] {
  const steps: Step[] = []
  let level = 0
  const add = (name: string, amount: number) => {
    if (Math.abs(amount) < negligible) return
    steps.push({ name, from: level, to: level + amount, kind: 'part' })
    level += amount
  }
  const core = margin.components.findIndex(line => line.name === 'core')
  margin.components.forEach((line, index) => {
    if (index < core) steps.push({ name: line.name, from: 0, to: line.amount, kind: 'candidate' })
    else add(line.name, line.amount)
  })
  add('other', margin.maintenance - level)
  steps.push({ name: 'maintenance', from: 0, to: margin.maintenance, kind: 'sum' })
  level = margin.maintenance
  add('to initial', margin.initial - margin.maintenance)
  steps.push({ name: 'initial', from: 0, to: margin.initial, kind: 'sum' })
  return steps
}
