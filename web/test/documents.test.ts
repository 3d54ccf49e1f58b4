import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { expect, it } from 'vitest'
// @ts-expect-error the mock is plain JavaScript
import { MockApi as UntypedMockApi } from '../mock/api.mjs'
import { parse, Problem } from '../src/shared/api/client'
import * as documents from '../src/shared/api/documents'

// What the command line printed for the demo's board and `pms book make --accounts 12 --seed 7`, lists cut short.
const printed = (name: string): unknown => JSON.parse(readFileSync(new URL(`documents/${name}.json`, import.meta.url), 'utf8'))

it.each([
  ['margin', documents.MarginDocument], ['explain', documents.ExplainDocument], ['models', documents.ModelsDocument], ['surface', documents.SurfaceDocument],
  ['whatif', documents.WhatIfDocument],
] as [string, v.GenericSchema][])('parses what the command line prints: %s', (name, schema) => {
  parse(schema, printed(name), name)
})

// What `pms demo` answered in a fall of the market, lists cut short.
it.each([
  ['chain', documents.Chain], ['batches', documents.Batches], ['attestation', documents.Attestation], ['liquidations', documents.Liquidations],
  ['keepers', documents.Keepers], ['governance', documents.Governance],
] as [string, v.GenericSchema][])('parses what a server with a house answers: %s', (name, schema) => {
  parse(schema, printed(name), name)
})

// What `pms serve --accounts 60 --insurance 250000` answered, lists cut short.
it.each([
  ['solvency', documents.Solvency], ['solvency-history', documents.SolvencyHistory], ['solvency-whatif', documents.SolvencyWhatIf],
] as [string, v.GenericSchema][])('parses what a server with a fund answers: %s', (name, schema) => {
  parse(schema, printed(name), name)
})

it('parses a published proof, and refuses one whose integers or bytes are none', () => {
  const proof = {
    status: 'published', circuit: 'solvency', publicInputs: ['0x01', `0x${'ab'.repeat(32)}`], context: '0x02', batchSequence: 12, shortfall: '59183027910', transaction: '0x03',
    indexWad: '4224184007282908212', acceptedAt: '2026-11-29T03:23:29Z', verifiedByChain: true, hidden: ['positions', 'collateral'],
  }
  expect(parse(documents.SolvencyProof, proof, 'proof')).toMatchObject({ shortfall: 59_183_027_910n, indexWad: 4_224_184_007_282_908_212n })
  expect(parse(documents.SolvencyProof, { status: 'none' }, 'proof')).toEqual({ status: 'none' })
  for (const [name, value] of [['shortfall', 59_183.02], ['indexWad', '4.2'], ['transaction', '0x123'], ['publicInputs', ['ab']], ['status', 'proven']])
    expect(() => parse(documents.SolvencyProof, { ...proof, [String(name)]: value }, 'proof')).toThrow(String(name))
})

interface MockApi { answer: (path: string, query: URLSearchParams, body?: unknown) => unknown }
const MockApi = UntypedMockApi as new (options: { accounts: number; hasChain?: boolean }) => MockApi

it('parses what the mock answers, on every path', () => {
  const mock = new MockApi({ accounts: 12 })
  const none = new URLSearchParams()
  const id = 'hedged-0000'
  const paths: [string, v.GenericSchema][] = [
    ['/health', documents.Health], ['/overview', documents.Overview], ['/accounts', documents.AccountsPage], [`/accounts/${id}`, documents.Account],
    [`/accounts/${id}/margin`, documents.MarginDocument], [`/accounts/${id}/explain`, documents.ExplainDocument], [`/accounts/${id}/models`, documents.ModelsDocument],
    [`/accounts/${id}/history`, documents.AccountHistory], ['/surfaces', documents.SurfaceDocument], ['/surfaces/BTC/smiles', documents.Smiles],
    ['/instruments', documents.Instruments], ['/scenarios', documents.Scenarios], ['/params', documents.Parameters], ['/epochs', documents.Epochs],
    ['/alerts', documents.Alerts], ['/records', documents.Records],
    ['/chain', documents.Chain], ['/batches', documents.Batches], ['/accounts/7/attestation', documents.Attestation], ['/liquidations', documents.Liquidations],
    ['/keepers', documents.Keepers], ['/governance', documents.Governance],
    ['/solvency', documents.Solvency], ['/solvency/history', documents.SolvencyHistory], ['/solvency/whatif', documents.SolvencyWhatIf], ['/solvency/proof', documents.SolvencyProof],
  ]
  for (const [path, schema] of paths) parse(schema, JSON.parse(JSON.stringify(mock.answer(path, none))), path)
  parse(documents.WhatIfDocument, JSON.parse(JSON.stringify(mock.answer(`/accounts/${id}/whatif`, none, { orders: [{ instrument: 'BTC-PERPETUAL', quantity: 1 }] }))), 'whatif')
})

it('parses what a server without a chain answers', () => {
  expect(parse(documents.Chain, new MockApi({ accounts: 3, hasChain: false }).answer('/chain', new URLSearchParams()), '/chain').state).toBe('absent')
})

it('refuses integers and hashes that are none', () => {
  const document = printed('attestation') as { leaf: object }
  for (const [name, value] of [['initialWad', '1.5'], ['initialWad', ''], ['account', 'seven'], ['positionsHash', '0x123'], ['positionsHash', 'zz']])
    expect(() => parse(documents.Attestation, { ...document, leaf: { ...document.leaf, [name ?? '']: value } }, 'attestation')).toThrow('leaf.')
})

it('names the place where a document is not as it should be', () => {
  expect(() => parse(documents.Overview, { ...(new MockApi({ accounts: 3 }).answer('/overview', new URLSearchParams()) as object), top: [{ account: 1 }] }, '/overview'))
    .toThrow(new Problem('document-shape', '', '/overview: top.0.account: Invalid type: Expected string but received 1').message)
})
