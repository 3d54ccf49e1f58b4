import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import type { AccountRow, Attestation } from '../../shared/api/documents'
import { attestation, chain } from '../../shared/api/queries'
import { validityOf } from '../../shared/chain/validity'
import { clock, number, signed, usd, usdOfWad } from '../../shared/format'
import { useNow } from '../../shared/ui/Age'
import { Answer } from '../../shared/ui/Answer'
import { CopyButton } from '../../shared/ui/CopyButton'
import { DataTable } from '../../shared/ui/DataTable'
import { Hash } from '../../shared/ui/Hash'
import { Num } from '../../shared/ui/Num'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel } from '../../shared/ui/StateLabel'
import type { StepName, Verdict } from './verifyAttestation'

/** What a quorum of attesters signed of this account, checked here. Only where the server follows a house with a batch in force, of which the account is one. */
export function AttestationPanel({ row }: { row: AccountRow }) {
  const { data } = useQuery(chain)
  return data?.state === 'live' && data.batch && /^\d+$/.test(row.account) ? <Attested row={row} /> : null
}

function Attested({ row }: { row: AccountRow }) {
  const query = useQuery(attestation(row.account))
  return <Answer query={query} height={330}>{document => <Checked document={document} row={row} />}</Answer>
}

const millisecond = 1000

function Checked({ document, row }: { document: Attestation; row: AccountRow }) {
  // Looked at each second, so that what runs out while nobody brings a new one is checked again. The hashing is a chunk of its own.
  const hasRunOut = useNow(Date.now) / millisecond > Number(document.header.validUntil)
  const verdict = useQuery({
    queryKey: ['verdict', row.account, document.batch.digest, document.path, document.leaf.maintenanceWad.toString(), hasRunOut],
    queryFn: async () => (await import('./verifyAttestation')).verifyAttestation(document, row.account, Date.now() / millisecond),
    staleTime: Infinity,
  })
  return (
    <Panel title="Attested on the chain" aside={<CopyButton text={textOf(document)} label="Copy document" />}>
      <div aria-live="polite" data-testid="attestation">
        {verdict.data
          ? <Badge verdict={verdict.data} members={document.members.length} />
          : verdict.isError ? <StateLabel level="danger" word={`not verified: ${verdict.error.message}`} /> : <StateLabel level="dim" word="verifying in this browser…" />}
      </div>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: '16px 40px', marginTop: 10 }}>
        <Beside document={document} row={row} />
        {verdict.data && <Steps verdict={verdict.data} />}
      </div>
      {verdict.data && (
        <dl className="facts" style={{ marginTop: 10 }}>
          <dt>Not checked here</dt>
          <dd>whether these are the members: that stands in the registry <Hash value={document.registry} name="address of the registry" /> of chain {document.chainId.toString()}, as hash <Hash value={verdict.data.setHash} name="hash of the attester set" /> of set {document.header.setId.toString()}</dd>
        </dl>
      )}
    </Panel>
  )
}

function Badge({ verdict, members }: { verdict: Verdict; members: number }) {
  if (verdict.isGood) return <StateLabel level="ok" word={`verified in this browser: leaf → root → ${verdict.signed} of ${members} signatures`} />
  const wrong = verdict.steps.filter(step => !step.isGood)
  const onlyOld = wrong.every(step => step.name === 'age')
  return <StateLabel level={onlyOld ? 'warn' : 'danger'} word={`${onlyOld ? 'signed, but does not count now' : 'not verified'}: ${wrong[0]?.text ?? ''}`} />
}

const stepTitles: Record<StepName, string> = { leaf: 'Account', path: 'Leaf to root', header: 'Header', set: 'Attesters', signatures: 'Signatures', age: 'Age' }

function Steps({ verdict }: { verdict: Verdict }) {
  return (
    <ol className="steps" aria-label="Steps of the check" style={{ flex: '1 1 420px' }}>
      {verdict.steps.map(step => (
        <li key={step.name}><StateLabel level={step.isGood ? 'ok' : step.name === 'age' ? 'warn' : 'danger'} word={stepTitles[step.name]} />: {step.text}</li>
      ))}
    </ol>
  )
}

/** Requirements grow by the leaf's decay for each second of its age, as the chain counts them. */
function Beside({ document: { leaf, batch }, row }: { document: Attestation; row: AccountRow }) {
  const now = useNow()
  const life = validityOf(batch, now)
  const grown = usdOfWad(leaf.decayWadPerSecond) * life.ageMs / millisecond
  const lines = [
    { name: 'Initial margin', attested: usdOfWad(leaf.initialWad), served: row.initial },
    { name: 'Maintenance margin', attested: usdOfWad(leaf.maintenanceWad), served: row.maintenance },
  ]
  return (
    <div style={{ flex: '1 1 460px', minWidth: 0 }}>
      <DataTable
        caption="Attested beside the server's, USD" rows={lines} rowKey={line => line.name}
        columns={[
          { key: 'name', name: 'USD', cell: line => line.name },
          { key: 'attested', name: 'Attested', unit: `batch ${number(batch.sequence)}`, end: true, cell: line => <Num>{usd(line.attested)}</Num> },
          { key: 'now', name: 'At its age', unit: 'with decay', end: true, cell: line => <Num>{usd(line.attested + grown)}</Num> },
          { key: 'served', name: 'The server\'s', unit: 'this epoch', end: true, cell: line => <Num>{usd(line.served)}</Num> },
          { key: 'apart', name: 'Apart', end: true, cell: line => <Num>{signed(line.served === undefined ? undefined : line.served - line.attested)}</Num> },
        ]}
      />
      <p className="dim" style={{ margin: '6px 0 0', fontSize: '0.75rem' }}>
        The attested is what the house enforces, on the batch&apos;s scenarios and its market of {clock(batch.observedAt)} UTC (<span className={life.level === 'ok' ? undefined : life.level}>{life.text}</span>); the
        server&apos;s is on its own seed and the market now. <Link href="/chain">Batches</Link>
      </p>
    </div>
  )
}

const textOf = (document: Attestation): string => JSON.stringify(document, (_, value: unknown) => typeof value === 'bigint' ? value.toString() : value, 2)
