import type { Auction } from '../../shared/api/documents'
import { age, number, percent, signed, usd } from '../../shared/format'
import { AccountLink } from '../../shared/ui/AccountLink'
import { DataTable } from '../../shared/ui/DataTable'
import { Num, toneOf } from '../../shared/ui/Num'
import { StateLabel } from '../../shared/ui/StateLabel'

interface AuctionTableProps {
  auctions: readonly Auction[]
  caption: string
  now: number
  onOpen?: (account: string) => void
  chosen?: string | undefined
}

/** Accounts under an auction, or due for one. */
export function AuctionTable({ auctions, caption, now, onOpen, chosen }: AuctionTableProps) {
  return (
    <DataTable
      caption={caption} rows={auctions} rowKey={row => row.account} rowClass={row => row.account === chosen ? 'chosen' : undefined}
      {...(onOpen ? { onOpen: (row: Auction) => onOpen(row.account) } : {})}
      columns={[
        { key: 'account', name: 'Account', cell: row => <AccountLink account={row.account} {...(onOpen ? { tabIndex: -1 } : {})} /> },
        { key: 'state', name: 'State', cell: row => <AuctionState auction={row} /> },
        { key: 'equity', name: 'Equity', unit: 'USD', end: true, cell: row => <Num tone={row.equity < 0 ? toneOf(row.equity) : undefined}>{usd(row.equity)}</Num> },
        { key: 'worth', name: 'Worth', unit: 'USD', end: true, cell: row => <Num>{usd(row.worth)}</Num> },
        { key: 'maintenance', name: 'Maintenance', unit: 'USD', end: true, cell: row => <Num>{usd(row.maintenance)}</Num> },
        { key: 'initial', name: 'Initial', unit: 'USD', end: true, cell: row => <Num>{usd(row.initial)}</Num> },
        { key: 'shortfall', name: 'Shortfall', unit: 'USD', end: true, cell: row => <Num tone={toneOf(-row.shortfall)}>{signed(row.shortfall)}</Num> },
        { key: 'rate', name: 'Rate now', unit: 'of shortfall', end: true, cell: row => <Num>{percent(row.rate)}</Num> },
        { key: 'runs', name: 'Runs for', end: true, cell: row => <Num>{row.startedAt === undefined ? '–' : age(now - Date.parse(row.startedAt))}</Num> },
        { key: 'claims', name: 'Open claims', end: true, cell: row => <Num>{number(row.openClaims)}</Num> },
      ]}
    />
  )
}

function AuctionState({ auction }: { auction: Auction }) {
  if (auction.isMarked) return <StateLabel level="danger" word="worth nothing" />
  if (auction.stale) return <span title={`${auction.stale.code}: ${auction.stale.message}`}><StateLabel level="dim" word={`leaf does not count: ${auction.stale.code}`} /></span>
  if (auction.startedAt === undefined) return auction.openClaims > 0 ? <StateLabel level="warn" word="shares to divide" /> : <StateLabel level="danger" word="due" />
  return auction.shortfall > 0 ? <StateLabel level="danger" word="auction" /> : <StateLabel level="ok" word="restored, to be ended" />
}
