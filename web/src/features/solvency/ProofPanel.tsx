import { useQuery } from '@tanstack/react-query'
import type { SolvencyProof } from '../../shared/api/documents'
import { batches, chain, solvencyProof } from '../../shared/api/queries'
import { instant, number, shortHash, usd } from '../../shared/format'
import { Answer, Empty } from '../../shared/ui/Answer'
import { DataTable } from '../../shared/ui/DataTable'
import { Hash } from '../../shared/ui/Hash'
import { Num } from '../../shared/ui/Num'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel } from '../../shared/ui/StateLabel'
import { indexText, proofLevels, usdOfMoney } from './solvency'
import { checkProof } from './verifyProof'

/** The newest proof of the shortfall that the chain has accepted: what it says, and what it does not show. */
export function ProofPanel() {
  const query = useQuery(solvencyProof)
  return <Panel title="Proof"><Answer query={query} height={120}>{proof => <Parts proof={proof} />}</Answer></Panel>
}

function Parts({ proof }: { proof: SolvencyProof }) {
  const house = useQuery({ ...chain, enabled: proof.status !== 'none' })
  const listed = useQuery({ ...batches, enabled: proof.status !== 'none' })
  if (proof.status === 'none') return <Empty>No proof published. The index above rests on this server&apos;s computation, which anybody with the board and the accounts can do again.</Empty>
  return (
    <>
      <dl className="facts">
        <dt>State</dt><dd><StateLabel {...proofLevels[proof.status]} />{proof.verifiedByChain === true ? ', verified by the chain' : ', not verified by the chain'}</dd>
        <dt>Circuit</dt><dd>{proof.circuit ?? '–'}</dd>
        <dt>Proven shortfall, USD</dt><dd><Num>{proof.shortfall === undefined ? '–' : usd(usdOfMoney(proof.shortfall))}</Num></dd>
        <dt>Index on the chain</dt><dd><Num>{indexText(proof.indexWad)}</Num></dd>
        <dt>Batch</dt><dd><Num>{number(proof.batchSequence)}</Num></dd>
        <dt>Accepted</dt><dd>{proof.acceptedAt === undefined ? '–' : `${instant(proof.acceptedAt)} UTC`}</dd>
        <dt>Transaction</dt><dd><Hash value={proof.transaction} name="transaction" /></dd>
        <dt>Context</dt><dd><Hash value={proof.context} name="context" /></dd>
        {proof.hidden !== undefined && proof.hidden.length > 0 && <><dt>Not shown by it</dt><dd>{proof.hidden.join(', ')}</dd></>}
        {proof.development === true && <><dt>Key</dt><dd>for development: anybody can forge proofs under it, so it convinces nobody else</dd></>}
      </dl>
      <ul className="plain" aria-label="Checks of this page">
        {checkProof(proof, house.data, listed.data).map(check => (
          <li key={check.name}><StateLabel level={check.isGood === true ? 'ok' : check.isGood === false ? 'danger' : 'dim'} word={check.isGood === true ? 'holds' : check.isGood === false ? 'fails' : 'not looked at'} />, {check.text}</li>
        ))}
      </ul>
      {proof.publicInputs !== undefined && (
        <DataTable
          caption="Public inputs" rows={proof.publicInputs} rowKey={(_, index) => String(index)}
          columns={[
            { key: 'value', name: 'Public input', cell: input => <span className="mono" title={input}>{shortHash(input)}…</span> },
            { key: 'copy', name: 'Whole', end: true, cell: input => <Hash value={input} name="public input" /> },
          ]}
        />
      )}
    </>
  )
}
