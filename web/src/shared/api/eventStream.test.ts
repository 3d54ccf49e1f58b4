import { expect, it } from 'vitest'
import { EventParser } from './eventStream'

it('gives an event only when it is whole', () => {
  const parser = new EventParser()
  expect(parser.push('event: overview\nid: 7\ndata: {"a"')).toEqual([])
  expect(parser.push(':1}\n')).toEqual([])
  expect(parser.push('\nevent: health\ndata: {}\n\n')).toEqual([{ name: 'overview', data: '{"a":1}' }, { name: 'health', data: '{}' }])
})

it('drops comments, joins lines of data, reads CRLF', () => {
  const parser = new EventParser()
  expect(parser.push(': still here\n\n')).toEqual([])
  expect(parser.push('data: one\r\ndata: two\r\n\r\n')).toEqual([{ name: 'message', data: 'one\ntwo' }])
})
