import { SegmentedControl } from '@mantine/core'
import type { Smiles } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { count, day, percent, percentNumber, quantity } from '../../shared/format'
import { useUrlState } from '../../shared/urlState'
import { viridis } from './colours'
import { gridOf } from './grid'
import { SurfaceRelief } from './SurfaceRelief'

const defaults = { view: 'map', turn: '35' }
const views = [{ value: 'map', label: 'Map' }, { value: 'relief', label: 'Relief' }]

/** The whole surface at a look: fitted vol by strike and expiry. Flat first: a relief shows the same cells, some behind others. */
export function SurfaceMap({ underlying, smiles, chosen }: { underlying: string; smiles: Smiles['expiries']; chosen: string | undefined }) {
  const [url, setUrl] = useUrlState(defaults)
  const { expiries, strikes, vols } = gridOf(smiles)
  const all = vols.flat().filter(vol => vol !== undefined)
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const names = expiries.map(each => day(each.expiry) + (day(each.expiry) === day(chosen) ? ' ◂' : ''))
  const aside = <SegmentedControl size="xs" data={views} value={url.view === 'relief' ? 'relief' : 'map'} onChange={view => setUrl({ view })} aria-label="Surface as" className="no-print" />
  const twin = {
    columns: [{ name: 'Strike' }, ...expiries.map(each => ({ name: day(each.expiry), unit: '%' }))],
    rows: strikes.map((strike, column) => [quantity(strike), ...vols.map(row => percentNumber(row[column]))]),
  }
  if (url.view === 'relief') {
    const turn = Number(url.turn)
    return <SurfaceRelief underlying={underlying} smiles={smiles} twin={twin} aside={aside} degrees={Number.isFinite(turn) ? ((turn % 360) + 360) % 360 : 35} onTurn={degrees => setUrl({ turn: String(degrees) })} />
  }
  return (
    <Figure
      title="Fitted vol by strike and expiry" height={Math.max(160 + expiries.length * 26, 240)} aside={aside} twin={twin}
      summary={`${underlying}: ${count(strikes.length, 'strike')} of ${count(expiries.length, 'expiry', 'expiries')}, fitted vol from ${percent(least)} to ${percent(most)}.`}
      option={palette => ({
        grid: { left: 96, right: 70, top: 16, bottom: 44 },
        tooltip: { formatter: ({ value: [strike, expiry, vol] }: { value: [number, number, number] }) => `${names[expiry] ?? ''}, strike ${quantity(strikes[strike])}: ${percent(vol / 100)}` },
        xAxis: { type: 'category', data: strikes.map(strike => quantity(strike)), name: 'strike', nameLocation: 'middle', nameGap: 28, axisLabel: { hideOverlap: true } },
        yAxis: { type: 'category', data: names, splitLine: { show: false } },
        visualMap: {
          min: least * 100, max: most * 100, dimension: 2, orient: 'vertical', right: 0, top: 'middle', itemWidth: 12, itemHeight: 100, calculable: false, textStyle: { color: palette.dim, fontSize: 11 },
          text: [percent(most, 0), percent(least, 0)], inRange: { color: viridis.map(colour => `rgb(${colour.join(',')})`) },
        },
        series: [{
          type: 'heatmap', itemStyle: { borderColor: palette.ground, borderWidth: 1 },
          data: vols.flatMap((row, expiry) => row.flatMap((vol, strike) => vol === undefined ? [] : [[strike, expiry, Number((vol * 100).toFixed(2))]])),
        }],
      })}
    />
  )
}
