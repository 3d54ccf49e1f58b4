import { setHash } from 'pms-attestation/hashes'
import { attestationDomain, digest, structHash } from 'pms-attestation/messages'
import { accountDepth, isInTree } from 'pms-attestation/tree'
import { recoverAddress } from 'viem'
import type { Attestation } from '../../shared/api/documents'

/** The check of docs/protocol.md, sections 4 and 5, with the hashing of ts/attestation: nothing that the server says of its own document is believed. */

export const stepNames = ['leaf', 'path', 'header', 'set', 'signatures', 'age'] as const
export type StepName = typeof stepNames[number]

export interface Step { name: StepName; isGood: boolean; text: string }

export interface Verdict {
  steps: Step[]
  isGood: boolean
  /** Members whose signatures are good. */
  signed: number
  /** keccak(set id, members): to be compared with the registry, which this page cannot ask. */
  setHash: string
}

/** EIP-2: the upper half is the same signature written otherwise, which the registry refuses. */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n
const signatureChars = 2 + 65 * 2
const leastMembers = 4
const mostMembers = 31

/** @param nowSeconds by this browser's clock, since 1970 */
export async function verifyAttestation(document: Attestation, account: string, nowSeconds: number): Promise<Verdict> {
  const { header, leaf, batch } = document
  const steps: Step[] = []
  const step = (name: StepName, isGood: boolean, good: string, bad: string): void => { steps.push({ name, isGood, text: isGood ? good : bad }) }

  step('leaf', `${leaf.account}` === account, `the leaf is of account ${account}`, `the leaf is of account ${leaf.account}, not of ${account}`)

  step(
    'path', isInTree(header.accountsRoot, structHash('MarginLeaf', leaf), document.place, header.accountCount, accountDepth, document.path),
    `its hash, at place ${document.place} of ${header.accountCount}, leads over ${accountDepth} neighbours to the root`,
    `the leaf does not lead to the root ${header.accountsRoot} at place ${document.place} of ${header.accountCount}`,
  )

  const domain = attestationDomain(document.chainId, document.registry)
  const batchHash = structHash('BatchHeader', header)
  const signedHash = digest(domain, 'BatchHeader', header)
  const differs = differenceOf(batch, header, batchHash, signedHash)
  step('header', differs === undefined, `the header hashes to batch ${batch.sequence} as it is listed`, `the header is not the batch that the server lists: ${differs ?? ''}`)

  const { members } = document
  const faults = Math.floor(members.length / 3)
  const needed = 2 * faults + 1
  const isSet = members.length >= leastMembers && members.length <= mostMembers && members.length % 3 === 1
    && members.every((member, index) => index === 0 || BigInt(member) > BigInt(members[index - 1] ?? '0x0'))
  step(
    'set', isSet && document.quorum === needed, `${members.length} members, ${needed} needed`,
    isSet ? `a quorum of ${document.quorum} is named; of ${members.length} members ${needed} are needed` : `${members.length} members are no valid set: 4, 7, … 31, each once, rising`,
  )

  const known = new Map(members.map(member => [member.toLowerCase(), false]))
  const bad: string[] = []
  for (const { signer, signature } of document.signatures) {
    const name = signer.toLowerCase()
    const recovered = await recover(signedHash, signature)
    if (recovered !== name) bad.push(`${signer} did not sign this`)
    else if (!known.has(name)) bad.push(`${signer} is no member`)
    else known.set(name, true)
  }
  const signed = [...known.values()].filter(Boolean).length
  step(
    'signatures', signed >= needed, `${signed} of ${members.length} members signed it`,
    `${signed} good signatures, ${needed} needed${bad.length > 0 ? `: ${bad.join('; ')}` : ''}`,
  )

  const [from, until] = [Number(header.observedAt), Number(header.validUntil)]
  step(
    'age', from <= nowSeconds + mostSkewSeconds && nowSeconds <= until, 'it counts now, by this browser\'s clock',
    nowSeconds > until ? `it ran out ${nowSeconds - until} s ago, by this browser's clock` : `it is of a moment ${from - nowSeconds} s ahead of this browser's clock`,
  )
  return { steps, isGood: steps.every(each => each.isGood), signed, setHash: setHash(header.setId, members) }
}

/** A market from further ahead is refused by the registry (maxFutureSkewSeconds). */
const mostSkewSeconds = 15

async function recover(hash: `0x${string}`, signature: `0x${string}`): Promise<string | undefined> {
  const isOneText = signature.length === signatureChars && BigInt(`0x${signature.slice(66, 130)}`) <= halfOrder && /(1b|1c)$/i.test(signature)
  if (!isOneText) return undefined
  try { return (await recoverAddress({ hash, signature })).toLowerCase() } catch { return undefined /* r or s is no number of the curve */ }
}

/** What the server lists of the batch against what is signed. */
function differenceOf(batch: Attestation['batch'], header: Attestation['header'], batchHash: string, signedHash: string): string | undefined {
  const seconds = (time: string): bigint => BigInt(Math.floor(Date.parse(time) / 1000))
  const same = (first: string, second: string): boolean => first.replace(/^0x/, '').toLowerCase() === second.replace(/^0x/, '').toLowerCase()
  const checks: [string, boolean][] = [
    ['batch hash', same(batch.batchHash, batchHash)], ['digest', same(batch.digest, signedHash)], ['sequence', BigInt(batch.sequence) === header.sequence],
    ['observedAt', seconds(batch.observedAt) === header.observedAt], ['validUntil', seconds(batch.validUntil) === header.validUntil],
    ['accounts', batch.accounts === header.accountCount], ['accounts root', same(batch.accountsRoot, header.accountsRoot)],
    ['snapshot', same(batch.snapshotHash, header.snapshotHash)], ['risk array', same(batch.arrayRoot, header.arrayRoot)],
  ]
  return checks.find(([, isSame]) => !isSame)?.[0]
}
