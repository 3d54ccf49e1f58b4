import { expect, it } from 'vitest'
import type { Batch, Chain, SolvencyProof } from '../../shared/api/documents'
import { checkProof } from './verifyProof'

/** The same numbers and the same context as in Pms.Proofs.Tests (ProofContextTests). */
const oracle = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const batchHash = `0x${'11'.repeat(32)}`
const chain = { house: { chainId: '31337', contracts: { Solvency: oracle } } } as unknown as Chain
const batches = { items: [{ sequence: 13, batchHash }] } as unknown as { items: Batch[] }

const context = 0x0f65ca5dddec32d404cc70e0e0a3b614b3f19d708c539a38a498d5d7e45f8953n

const word = (value: bigint): `0x${string}` => `0x${value.toString(16).padStart(64, '0')}`
const good = (): SolvencyProof => ({ status: 'published', circuit: 'solvency-demo', publicInputs: [word(context), word(1n), word(2n), word(3n), word(77n)], context: word(context), batchSequence: 13, shortfall: 77n, verifiedByChain: true }) as unknown as SolvencyProof
const failing = (proof: SolvencyProof): string[] => checkProof(proof, chain, batches).filter(c => c.isGood !== true).map(c => c.name)

it('finds an input at the order of the field, another shortfall, another context, a round that the chain does not keep', () => {
  const base = good()
  const inputs = base.publicInputs ?? []
  expect(failing({ ...base, publicInputs: [...inputs.slice(0, 3), word(21888242871839275222246405745257275088548364400416034343698204186575808495617n), inputs[4] ?? '0x'] })).toContain('field')
  expect(failing({ ...base, publicInputs: inputs.slice(0, 4) })).toEqual(expect.arrayContaining(['field', 'shortfall']))
  expect(failing({ ...base, shortfall: 76n })).toContain('shortfall')
  expect(failing({ ...base, context: word(5n) })).toContain('context')
  expect(failing({ ...base, verifiedByChain: false })).toContain('chain')
})

it('binds the context to chain, oracle and batch as the contract does', () => {
  expect(failing(good())).toEqual([])
  expect(checkProof(good(), { house: { chainId: '1', contracts: { Solvency: oracle } } } as unknown as Chain, batches).find(c => c.name === 'bound')?.isGood).toBe(false)
  expect(checkProof(good(), chain, { items: [{ sequence: 13, batchHash: `0x${'12'.repeat(32)}` }] } as unknown as { items: Batch[] }).find(c => c.name === 'bound')?.isGood).toBe(false)
  expect(checkProof(good(), chain, { items: [] }).find(c => c.name === 'bound')?.isGood).toBeUndefined()
})
