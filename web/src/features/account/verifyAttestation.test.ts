import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from '../../shared/api/client'
import { Attestation } from '../../shared/api/documents'
import { verifyAttestation } from './verifyAttestation'

// What `pms demo` answered for account 7; chain and keys were made for that run.
const recorded = readFileSync(new URL('../../../test/documents/attestation.json', import.meta.url), 'utf8')
type Raw = Record<string, unknown> & { registry: string; header: Record<string, string>; leaf: Record<string, string>; path: string[]; batch: Record<string, unknown>; signatures: Record<string, string>[]; members: string[] }
const read = (change?: (document: Raw) => void): Attestation => {
  const document = JSON.parse(recorded) as Raw
  change?.(document)
  return parse(Attestation, document, 'attestation')
}
const now = Number(read().header.observedAt) + 20
const failing = async (document: Attestation, account = '7', at = now): Promise<string[]> =>
  (await verifyAttestation(document, account, at)).steps.filter(step => !step.isGood).map(step => step.name)

/** Another text of the same kind: the last digit but one is changed. */
const other = (text: string): string => text.slice(0, -2) + (text.at(-2) === '1' ? '2' : '1') + text.slice(-1)
const more = (text: string): string => String(BigInt(text) + 1n)

it('accepts what a quorum signed', async () => {
  const verdict = await verifyAttestation(read(), '7', now)
  expect(verdict.steps.filter(step => !step.isGood)).toEqual([])
  expect(verdict).toMatchObject({ isGood: true, signed: 3 })
})

it.each(['account', 'sequence', 'initialWad', 'maintenanceWad', 'markValueWad', 'decayWadPerSecond'])('a leaf with another %s does not lead to the root', async name => {
  const steps = await failing(read(document => { document.leaf[name] = more(document.leaf[name] ?? '0') }))
  expect(steps).toEqual(name === 'account' ? ['leaf', 'path'] : ['path'])
})

it('a leaf with other positions does not lead to the root', async () => {
  expect(await failing(read(document => { document.leaf.positionsHash = other(document.leaf.positionsHash ?? '') }))).toEqual(['path'])
})

it('the leaf of another account is none of this one', async () => {
  expect(await failing(read(), '8')).toEqual(['leaf'])
})

it.each(Array.from({ length: 20 }, (_, level) => level))('another neighbour at level %i does not lead to the root', async level => {
  expect(await failing(read(document => { document.path[level] = other(document.path[level] ?? '') }))).toEqual(['path'])
})

it('another place, a shorter and a longer path do not lead to the root', async () => {
  expect(await failing(read(document => { document.place = 7 }))).toEqual(['path'])
  expect(await failing(read(document => { document.place = 6 + 2 ** 20 }))).toEqual(['path'])
  expect(await failing(read(document => { document.path.pop() }))).toEqual(['path'])
  expect(await failing(read(document => { document.path.push(document.path[0] ?? '') }))).toEqual(['path'])
})

it.each(Object.keys((JSON.parse(recorded) as Raw).header))('a header with another %s is not what was signed', async name => {
  const steps = await failing(read(document => {
    const value = document.header[name] ?? ''
    document.header[name] = value.startsWith('0x') ? other(value) : more(value)
  }))
  expect(steps).toEqual(name === 'accountsRoot' ? ['path', 'header', 'signatures'] : ['header', 'signatures'])
})

it('a header and its listing changed alike are still not what was signed', async () => {
  expect(await failing(read(document => { document.header.sequence = more(document.header.sequence ?? ''); document.batch.sequence = Number(document.header.sequence) }))).toEqual(['header', 'signatures'])
})

it.each([
  ['sequence', 1], ['accounts', 15], ['observedAt', '2026-01-01T00:00:00Z'], ['validUntil', '2036-01-01T00:00:00Z'], ['batchHash', `0x${'1'.repeat(64)}`],
  ['digest', `0x${'1'.repeat(64)}`], ['accountsRoot', `0x${'1'.repeat(64)}`], ['snapshotHash', '1'.repeat(64)], ['arrayRoot', '1'.repeat(64)],
])('a batch listed with another %s is not the header\'s', async (name, value) => {
  expect(await failing(read(document => { document.batch[name] = value }))).toEqual(['header'])
})

it('another chain and another registry are another domain', async () => {
  expect(await failing(read(document => { document.chainId = '1' }))).toEqual(['header', 'signatures'])
  expect(await failing(read(document => { document.registry = other(document.registry) }))).toEqual(['header', 'signatures'])
})

it('each signature counts only for who made it, once', async () => {
  for (const index of [0, 1, 2]) {
    expect(await failing(read(document => { const one = document.signatures[index]; if (one) one.signature = `${one.signature?.slice(0, 20)}0000${one.signature?.slice(24)}` }))).toEqual(['signatures'])
    expect(await failing(read(document => { const one = document.signatures[index]; if (one) one.signer = other(one.signer ?? '') }))).toEqual(['signatures'])
  }
  expect(await failing(read(document => { document.signatures.pop() }))).toEqual(['signatures'])
  expect(await failing(read(document => { document.signatures[2] = { ...document.signatures[1] } }))).toEqual(['signatures'])
})

it('the same signature with the other s is refused, as the registry does', async () => {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  expect(await failing(read(document => {
    const one = document.signatures[0]
    const text = one?.signature ?? ''
    const s = (order - BigInt(`0x${text.slice(66, 130)}`)).toString(16).padStart(64, '0')
    if (one) one.signature = text.slice(0, 66) + s + (text.endsWith('1b') ? '1c' : '1b')
  }))).toEqual(['signatures'])
})

it('a server that names other members or a lower quorum is found out', async () => {
  expect(await failing(read(document => { document.quorum = 1 }))).toEqual(['set'])
  expect(await failing(read(document => { document.members.pop() }))).toContain('set')
  expect(await failing(read(document => {
    const index = document.members.indexOf(document.signatures[0]?.signer ?? '')
    document.members[index] = `0x${(BigInt(document.members[index] ?? '') - 1n).toString(16).padStart(40, '0')}`
  }))).toEqual(['signatures'])
  expect(await failing(read(document => { document.members.reverse() }))).toEqual(['set'])
  expect(await failing(read(document => { document.members[1] = document.members[0] ?? '' }))).toContain('set')
})

it('what ran out, and what is of the future, does not count', async () => {
  expect(await failing(read(), '7', Number(read().header.validUntil) + 1)).toEqual(['age'])
  expect(await failing(read(), '7', Number(read().header.validUntil))).toEqual([])
  expect(await failing(read(), '7', Number(read().header.observedAt) - 16)).toEqual(['age'])
})

it('the viem of this folder is the one that ts/attestation is tested with', () => {
  const versionIn = (path: string): unknown => (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { dependencies: Record<string, string> }).dependencies.viem
  expect(versionIn('../../../package.json')).toBe(versionIn('../../../../ts/attestation/package.json'))
})
