import { encodeAbiParameters, keccak256, stringToBytes } from 'viem'
import type { Batch, Chain, SolvencyProof } from '../../shared/api/documents'

/** What this page can see for itself of a proof (docs/protocol.md, section 12): that the public inputs say what is told of them, and are bound to this chain, oracle and batch. */
export interface ProofCheck { name: 'field' | 'context' | 'shortfall' | 'bound' | 'chain'; isGood: boolean | undefined; text: string }

/** Order of BN254: public inputs at or above it would stand for two numbers. */
const order = 21888242871839275222246405745257275088548364400416034343698204186575808495617n
const inputCount = 5
const contextTag = keccak256(stringToBytes('PMS proof context 1'))

/**
 * @param chain undefined: not known, so that the binding cannot be looked at
 * @param batches those that are listed
 */
export function checkProof(proof: SolvencyProof, chain: Chain | undefined, batches: { items: Batch[] } | undefined): ProofCheck[] {
  const inputs = (proof.publicInputs ?? []).map(BigInt)
  const checks: ProofCheck[] = []
  const check = (name: ProofCheck['name'], isGood: boolean | undefined, good: string, bad: string): void => { checks.push({ name, isGood, text: isGood === true ? good : bad }) }

  const areElements = inputs.length === inputCount && inputs.every(i => i < order)
  check('field', areElements, 'five public inputs, each below the order of the field', `there are ${inputs.length} public inputs, or one is not below the order of the field`)
  check('context', proof.context !== undefined && inputs[0] === BigInt(proof.context), 'the first is the context', 'the first is not the context')
  check('shortfall', proof.shortfall !== undefined && inputs[4] === proof.shortfall, 'the last is the shortfall', 'the last is not the shortfall that is told')

  const oracle = chain?.house?.contracts.Solvency
  const batch = batches?.items.find(b => b.sequence === Number(proof.batchSequence))
  if (chain?.house === undefined || oracle === undefined || batch === undefined || proof.circuit === undefined) {
    check('bound', undefined, '', 'the batch is not among those listed: whether the context binds to it is not looked at')
  } else {
    const hash = BigInt(keccak256(encodeAbiParameters(
      [{ type: 'bytes32' }, { type: 'uint256' }, { type: 'address' }, { type: 'bytes32' }, { type: 'uint64' }, { type: 'bytes32' }],
      [contextTag, BigInt(chain.house.chainId), oracle as `0x${string}`, keccak256(stringToBytes(proof.circuit)), BigInt(batch.sequence), batch.batchHash as `0x${string}`],
    )))
    check('bound', inputs[0] === hash >> 3n, 'the context binds the proof to this chain, this oracle and this batch', 'the context is another chain\'s, oracle\'s or batch\'s')
  }
  check('chain', proof.verifiedByChain === true, 'the oracle on the chain keeps this round: its verifier took the proof', 'the oracle on the chain does not keep this round')
  return checks
}
