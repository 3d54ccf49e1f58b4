import type { SurfaceDocument } from '../../shared/api/documents'
import { day, number, percentNumber, quantity } from '../../shared/format'
import { DataTable } from '../../shared/ui/DataTable'
import { Num } from '../../shared/ui/Num'
import { StateLabel } from '../../shared/ui/StateLabel'

type Slice = SurfaceDocument['underlyings'][number]['slices'][number]

const quarantine = (slice: Slice): string => Object.entries(slice.quarantined).map(([reason, many]) => `${reason} ${many}`).join(', ')

/** Least butterfly function, what was used, and how near the fit is to the quotes. */
export function FitTable({ slices }: { slices: readonly Slice[] }) {
  return (
    <DataTable
      caption="Arbitrage and quality of the fit by expiry" rows={slices} rowKey={slice => slice.expiry}
      columns={[
        { key: 'expiry', name: 'Expiry', cell: slice => day(slice.expiry) },
        { key: 'state', name: 'State', cell: slice => slice.degraded ? <StateLabel level="warn" word={slice.degradedReasons.map(reason => reason.code).join(', ') || 'degraded'} /> : <StateLabel level="ok" word="full fit" /> },
        { key: 'forward', name: 'Forward', unit: 'quote', end: true, cell: slice => <Num>{quantity(slice.forward, 2)}</Num> },
        { key: 'atm', name: 'ATM vol', unit: '%', end: true, cell: slice => <Num>{percentNumber(slice.atmVol)}</Num> },
        { key: 'g', name: 'Least g', unit: '≥ 0: no butterfly', end: true, cell: slice => <Num tone={slice.minG < 0 ? 'danger' : undefined}>{number(slice.minG, 4)}</Num> },
        { key: 'inside', name: 'Inside bid-ask', unit: '%', end: true, cell: slice => <Num>{percentNumber(slice.insideBidAsk)}</Num> },
        { key: 'rmse', name: 'RMS', unit: 'vol points', end: true, cell: slice => <Num>{percentNumber(slice.rmseVol, 2)}</Num> },
        { key: 'used', name: 'Used', unit: 'of seen', end: true, cell: slice => <Num>{slice.used} / {slice.seen}</Num> },
        { key: 'quarantined', name: 'Left out', cell: slice => quarantine(slice) },
      ]}
    />
  )
}
