import { Anchor } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { chain, liquidations } from '../../shared/api/queries'
import { validityOf } from '../../shared/chain/validity'
import { clock, count, number, usd } from '../../shared/format'
import { useNow } from '../../shared/ui/Age'
import { Meter } from '../../shared/ui/Meter'
import { Num } from '../../shared/ui/Num'
import { Panel } from '../../shared/ui/Panel'

/** The newest attested batch, and how long it still counts; nothing on a server without a chain. */
export function ChainPanel() {
  const { data } = useQuery(chain)
  const now = useNow()
  const { data: under } = useQuery({ ...liquidations, enabled: data?.state === 'live' && data.batch !== undefined })
  if (!data?.batch) return null
  const life = validityOf(data.batch, now)
  return (
    <Panel title="On the chain" aside={<Anchor component={Link} href="/chain" size="sm">Batches</Anchor>}>
      <dl className="facts line">
        <div><dt>Batch in force</dt><dd><Num>{number(data.batch.sequence)}</Num>, market of {clock(data.batch.observedAt)} UTC</dd></div>
        <div><dt>Age</dt><dd><Meter share={life.share} level={life.level} text={life.text} /></dd></div>
        <div><dt>Signed</dt><dd><Num>{data.batch.signatures} of {data.house?.members.length ?? data.batch.quorum}</Num>, {data.batch.quorum} needed</dd></div>
        <div><dt>Covers</dt><dd>{count(data.batch.accounts, 'account')}, maintenance <Num>{usd(data.batch.maintenance)}</Num> USD</dd></div>
        {under && <div><dt>Liquidations</dt><dd><Anchor component={Link} href="/liquidations" inherit underline="always">{count(under.auctions.length, 'auction')} running, {number(under.due.length)} due</Anchor></dd></div>}
      </dl>
    </Panel>
  )
}
