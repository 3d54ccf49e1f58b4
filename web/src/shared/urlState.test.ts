import { expect, it } from 'vitest'
import { valuesOf, withValues } from './urlState'

const defaults = { state: '', sort: 'ratio' }

it('valuesOf_MissingNames_TakeTheirDefaults', () => {
  expect(valuesOf(new URLSearchParams('state=refused&other=1'), defaults)).toEqual({ state: 'refused', sort: 'ratio' })
})

it('withValues_DefaultsAndEmpties_AreLeftOut_OthersStay', () => {
  const next = withValues(new URLSearchParams('state=refused&other=1'), { state: '', sort: 'excess' }, defaults)
  expect(next.toString()).toBe('other=1&sort=excess')
  expect(withValues(next, { sort: 'ratio' }, defaults).toString()).toBe('other=1')
})
