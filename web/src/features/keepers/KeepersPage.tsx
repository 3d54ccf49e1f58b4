import { Alert, Group, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Keeper } from '../../shared/api/documents'
import { keepers } from '../../shared/api/queries'
import { ChainGate } from '../../shared/chain/ChainGate'
import { age, clock, count, number, usd } from '../../shared/format'
import { AccountLink } from '../../shared/ui/AccountLink'
import { useNow } from '../../shared/ui/Age'
import { Answer, Empty } from '../../shared/ui/Answer'
import { Hash } from '../../shared/ui/Hash'
import { Num } from '../../shared/ui/Num'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { Tiles } from '../../shared/ui/Tiles'
import { useUrlState } from '../../shared/urlState'
import { ActionTable } from './ActionTable'
import { TransactionTable } from './TransactionTable'

const shows = 'what each keeper has, what it decided in its last look and why, and its transactions'

export default function KeepersPage() {
  return <Page title="Keepers"><ChainGate height={900} shows={shows}>{() => <Parts />}</ChainGate></Page>
}

/** A look every few seconds is usual; one that is this old is not. */
const lateMs = 30_000

function Parts() {
  const query = useQuery(keepers)
  const [url, setUrl] = useUrlState({ keeper: '' })
  const now = useNow()
  return (
    <Answer query={query} height={900}>
      {({ items }) => {
        if (items.length === 0) return <Panel title="Keepers"><Empty>This server runs no keeper. Keepers of others are seen in the events of liquidations alone.</Empty></Panel>
        const sum = (of: (keeper: Keeper) => number): number => items.reduce((total, each) => total + of(each), 0)
        const actions = items.flatMap(each => each.actions)
        const shown = items.filter(each => url.keeper === '' || each.name === url.keeper)
        return (
          <>
            <Tiles tiles={[
              { name: 'Keepers', value: <Num>{number(items.length)}</Num>, note: `${count(items.filter(each => each.error).length, 'fault')} in the last look` },
              { name: 'Cash, USD', value: <Num>{usd(sum(each => each.cashUsd))}</Num>, note: 'of all together' },
              { name: 'Transactions in blocks', value: <Num>{number(sum(each => each.sent))}</Num> },
              { name: 'Gas, USD', value: <Num>{number(sum(each => each.gasUsd), 2)}</Num>, note: <>today up to <Num>{number(sum(each => each.gasSpentTodayUsd), 2)}</Num></> },
              { name: 'Actions seen', value: <Num>{number(actions.length)}</Num>, note: 'in the last look of each' },
              { name: 'Of them skipped', value: <Num>{number(actions.filter(each => each.skip).length)}</Num>, note: 'each with its reason' },
            ]} />
            {items.length > 1 && (
              <Group>
                <NativeSelect
                  size="xs" label="Keeper" value={url.keeper} onChange={event => setUrl({ keeper: event.currentTarget.value })}
                  data={[{ value: '', label: 'all' }, ...items.map(each => each.name)]}
                />
              </Group>
            )}
            {shown.map(each => <KeeperPanel key={each.name} keeper={each} now={now} />)}
          </>
        )
      }}
    </Answer>
  )
}

function KeeperPanel({ keeper, now }: { keeper: Keeper; now: number }) {
  const lookMs = keeper.lastLookAt === undefined ? undefined : now - Date.parse(keeper.lastLookAt)
  return (
    <Panel title={keeper.name} aside={<span className="dim">account <AccountLink account={keeper.account} />, key <Hash value={keeper.address} name={`address of ${keeper.name}`} /></span>}>
      {keeper.dryRun && <Alert color="orange" variant="outline" mb="xs" title={<span className="loss">Dry run: it decides and sends nothing</span>} />}
      {keeper.error && (
        <Alert role="alert" color="orange" variant="outline" mb="xs" title={<span className="loss">Its last look failed</span>}>
          {keeper.error.message} <span className="mono">{keeper.error.code}</span>
        </Alert>
      )}
      <dl className="facts line">
        <div><dt>Cash</dt><dd><Num>{usd(keeper.cashUsd)}</Num> USD</dd></div>
        <div><dt>Last look</dt><dd><Num tone={lookMs !== undefined && lookMs > lateMs ? 'warn' : undefined}>{lookMs === undefined ? 'none yet' : `${age(lookMs)} ago${lookMs > lateMs ? ', late' : ''}`}</Num>{keeper.lastLookAt !== undefined && <span className="dim"> {clock(keeper.lastLookAt)} UTC</span>}</dd></div>
        <div><dt>Looks</dt><dd><Num>{number(keeper.looks)}</Num></dd></div>
        <div><dt>In blocks</dt><dd><Num>{count(keeper.sent, 'transaction')}</Num></dd></div>
        <div><dt>Gas</dt><dd><Num>{number(keeper.gasUsd, 2)}</Num> USD, today up to <Num>{number(keeper.gasSpentTodayUsd, 2)}</Num> USD</dd></div>
      </dl>
      <h3>Last look</h3>
      {keeper.actions.length === 0
        ? <Empty>Nothing to do in its last look. An action stands here with what it would bring after gas, or why it was skipped.</Empty>
        : <ActionTable keeper={keeper.name} actions={keeper.actions} />}
      <h3>Transactions</h3>
      {keeper.transactions.length === 0
        ? <Empty>It has sent none yet.</Empty>
        : <TransactionTable keeper={keeper.name} transactions={keeper.transactions} />}
    </Panel>
  )
}
