import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { AccountMargin, WhatIfDocument } from '../../shared/api/documents'
import { account as accountQuery, whatIf, type Order } from '../../shared/api/queries'
import { instant, ratio, signed, signedQuantity, usd } from '../../shared/format'
import { Answer, Empty } from '../../shared/ui/Answer'
import { CopyButton } from '../../shared/ui/CopyButton'
import { DataTable } from '../../shared/ui/DataTable'
import { Num, toneOf } from '../../shared/ui/Num'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel } from '../../shared/ui/StateLabel'
import { commandLines } from './basket'

/** Margins before and after the basket, all filled. */
export function ImpactPanel({ account, orders }: { account: string; orders: readonly Order[] }) {
  const query = useQuery(whatIf(account, orders))
  if (account === '' || orders.length === 0) {
    return (
      <Panel title="Before and after">
        <Empty>{account === '' ? 'Choose an account' : 'Put an order into the basket'} to see what it does to the margin.</Empty>
      </Panel>
    )
  }
  return (
    <Panel title="Before and after" aside={query.isPlaceholderData ? <span className="dim" role="status">asking…</span> : query.data && <span className="dim">market of {instant(query.data.provenance.observedAt)} UTC</span>}>
      <Answer query={query} height={380}>
        {document => <Impact document={document} account={account} orders={orders} />}
      </Answer>
    </Panel>
  )
}

interface Line {
  name: string
  before: number | undefined
  after: number | undefined
  text: (value: number | undefined) => string
  digits?: number
  /** More is worse: a requirement. */
  isLoad?: boolean
}

const lines = (before: AccountMargin, after: AccountMargin): Line[] => [
  { name: 'Equity', before: before.equity, after: after.equity, text: usd },
  { name: 'Initial margin', before: before.initial, after: after.initial, text: usd, isLoad: true },
  { name: 'Maintenance margin', before: before.maintenance, after: after.maintenance, text: usd, isLoad: true },
  { name: 'Expected shortfall', before: before.tail?.es, after: after.tail?.es, text: usd, isLoad: true },
  { name: 'Available', before: before.available, after: after.available, text: signed },
  { name: 'Excess', before: before.excess, after: after.excess, text: signed },
  { name: 'Ratio', before: before.ratio, after: after.ratio, text: ratio, digits: 2 },
]

/** Rounded as it is shown, so that a change of nothing has no colour. */
const change = (line: Line): number | undefined =>
  line.before === undefined || line.after === undefined ? undefined : Number((line.after - line.before).toFixed(line.digits ?? 0))

function Impact({ document, account, orders }: { document: WhatIfDocument; account: string; orders: readonly Order[] }) {
  const { before, after } = document
  return (
    <Stack gap="sm">
      <div aria-live="polite">
        <StateLabel {...document.sufficient ? { level: 'ok', word: 'sufficient' } : { level: 'danger', word: 'not sufficient' }} />{' '}
        {document.sufficient ? 'Equity covers the initial margin afterwards.'
          : after.available >= 0 ? 'Now only what lowers the requirement is taken.' : 'Equity does not cover the initial margin afterwards.'}
      </div>
      <DataTable
        caption="Before and after the orders, USD" rows={lines(before, after)} rowKey={line => line.name}
        columns={[
          { key: 'name', name: 'USD', cell: line => line.name },
          { key: 'before', name: 'Before', end: true, cell: line => <Num>{line.text(line.before)}</Num> },
          { key: 'after', name: 'After', end: true, cell: line => <Num>{line.text(line.after)}</Num> },
          { key: 'delta', name: 'Delta', end: true, cell: line => { const by = change(line); return <Num tone={toneOf(line.isLoad && by !== undefined ? -by : by)}>{signed(by, line.digits)}</Num> } },
        ]}
      />
      <dl className="facts">
        <dt>Bound by</dt><dd>{before.binding === after.binding ? after.binding : `${before.binding} → ${after.binding}`}</dd>
        <dt>Worst scenario</dt><dd>{document.worstBefore === document.worstAfter ? document.worstAfter ?? '–' : `${document.worstBefore ?? '–'} → ${document.worstAfter ?? '–'}`}</dd>
      </dl>
      <DataTable
        caption="Orders, each alone" rows={document.orders} rowKey={order => order.instrument}
        columns={[
          { key: 'instrument', name: 'Order', cell: order => <span className="mono">{order.instrument}</span> },
          { key: 'payment', name: 'Payment', unit: 'in asset', end: true, cell: order => <Num>{signedQuantity(order.payment)} {order.asset}</Num> },
          { key: 'initial', name: 'Initial, alone', unit: 'USD', end: true, cell: order => <Num>{signed(order.initialAlone)}</Num> },
        ]}
      />
      <CommandLine account={account} orders={orders} />
    </Stack>
  )
}

function CommandLine({ account, orders }: { account: string; orders: readonly Order[] }) {
  const { data } = useQuery(accountQuery(account))
  if (!data) return null
  const text = commandLines(location.origin, data.epoch.number, data.epoch.seed, account, orders)
  return (
    <div>
      <pre className="lines" tabIndex={0} aria-label="Shell lines that ask the same">{text}</pre>
      <div style={{ marginTop: 6 }}><CopyButton text={text} label="Copy CLI lines" /></div>
    </div>
  )
}
