import { expect, it } from 'vitest'
import { csv } from './csv'

it('quotes what needs it and leaves numbers raw', () => {
  expect(csv(['a', 'b'], [['x, "y"', -1234.5], [undefined, 0]])).toBe('a,b\r\n"x, ""y""",-1234.5\r\n,0\r\n')
})

it('keeps formulas texts', () => {
  expect(csv(['a'], [['=1+1'], ['-cmd']])).toBe("a\r\n'=1+1\r\n'-cmd\r\n")
})
