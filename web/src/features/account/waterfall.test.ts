import { expect, it } from 'vitest'
import { waterfall } from './waterfall'

const line = (name: string, amount: number) => ({ name, amount })

it('stacks the parts from the core on, es and grid beside it', () => {
  const steps = waterfall({ components: [line('es', 60), line('grid', 100), line('core', 100), line('age', 0), line('liquidity', 20), line('premium-cap', -5)], maintenance: 115, initial: 143.75 })
  expect(steps).toEqual([
    { name: 'es', from: 0, to: 60, kind: 'candidate' },
    { name: 'grid', from: 0, to: 100, kind: 'candidate' },
    { name: 'core', from: 0, to: 100, kind: 'part' },
    { name: 'liquidity', from: 100, to: 120, kind: 'part' },
    { name: 'premium-cap', from: 120, to: 115, kind: 'part' },
    { name: 'maintenance', from: 0, to: 115, kind: 'sum' },
    { name: 'to initial', from: 115, to: 143.75, kind: 'part' },
    { name: 'initial', from: 0, to: 143.75, kind: 'sum' },
  ])
})

it('shows what the parts do not explain', () => {
  const steps = waterfall({ components: [line('core', 100)], maintenance: 130, initial: 130 })
  expect(steps.map(step => step.name)).toEqual(['core', 'other', 'maintenance', 'initial'])
})

it('stacks all parts of a model without a core', () => {
  expect(waterfall({ components: [line('scan', 10), line('short', 5)], maintenance: 15, initial: 15 }).map(step => step.to)).toEqual([10, 15, 15, 15])
})
