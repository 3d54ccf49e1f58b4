import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { ExplainDocument } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { signed, signedPercent, usdShort } from '../../shared/format'

type HeatMap = ExplainDocument['heatMap']

const nearest = (moves: readonly number[], move: number): number =>
  moves.reduce((best, each, index) => Math.abs(each - move) < Math.abs((moves[best] ?? Infinity) - move) ? index : best, 0)

/** Gain or loss over one horizon by moves of all coins and all vols; the worst cell is outlined. */
export function HeatMapChart({ heatMap }: { heatMap: HeatMap }) {
  const [part, setPart] = useState<'contracts' | 'account'>('contracts')
  const { pnl, worst } = heatMap[part]
  const spots = heatMap.spotMoves.map(move => signedPercent(move, 0))
  const vols = heatMap.volMoves.map(move => signedPercent(move, 0))
  const most = Math.max(1, ...pnl.flat().map(Math.abs))
  const worstSpot = nearest(heatMap.spotMoves, worst.spotMove)
  const worstVol = nearest(heatMap.volMoves, worst.volMove)
  const isOutlined = (spot: number, vol: number): boolean => spot === worstSpot && vol === worstVol
  return (
    <Figure
      title="Profit by spot and vol" height={300}
      aside={<SegmentedControl size="xs" data={['contracts', 'account']} value={part} onChange={value => setPart(value)} aria-label="Of the contracts alone or with the collateral" />}
      summary={`Profit of the ${part} by relative moves of all coins and vols. Worst: spot ${signedPercent(worst.spotMove, 0)}, vol ${signedPercent(worst.volMove, 0)}: ${signed(worst.pnl)} USD.`}
      option={palette => ({
        grid: { left: 62, right: 12, top: 26, bottom: 44 },
        tooltip: { formatter: ({ value: [spot, vol, gain] }: { value: [number, number, number] }) => `spot ${spots[spot] ?? ''}, vol ${vols[vol] ?? ''}: ${signed(gain)} USD` },
        xAxis: { type: 'category', data: spots, name: 'spot move', nameLocation: 'middle', nameGap: 28 },
        yAxis: { type: 'category', data: vols, name: 'vol move', splitLine: { show: false } },
        visualMap: { show: false, min: -most, max: most, dimension: 2, inRange: { color: [palette.loss, palette.middle, palette.gain] } },
        series: [false, true].map(isWorst => ({
          type: 'heatmap', z: isWorst ? 3 : 2,
          label: { show: true, fontSize: 10, formatter: ({ value }: { value: [number, number, number] }) => usdShort(value[2]) },
          itemStyle: isWorst ? { borderColor: palette.text, borderWidth: 3 } : { borderColor: palette.ground, borderWidth: 1 },
          data: pnl.flatMap((row, vol) => row.flatMap((gain, spot) => isOutlined(spot, vol) !== isWorst ? [] : [{
            value: [spot, vol, gain], label: { color: Math.abs(gain) > most * 0.5 ? palette.ground : palette.text },
          }])),
        })),
      })}
      twin={{
        columns: [{ name: 'Vol \\ spot' }, ...spots.map(name => ({ name, unit: 'USD' }))],
        rows: pnl.map((row, vol) => [vols[vol] ?? '', ...row.map((gain, spot) => signed(gain) + (isOutlined(spot, vol) ? ' (worst)' : ''))]),
      }}
    />
  )
}
