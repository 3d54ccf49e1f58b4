import type { SurfaceDocument } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { count, day, number, percent, percentNumber } from '../../shared/format'

type Slice = SurfaceDocument['underlyings'][number]['slices'][number]

const daysAYear = 365

export function TermChart({ name, slices }: { name: string; slices: readonly Slice[] }) {
  const first = slices[0]
  const last = slices.at(-1)
  return (
    <Figure
      title="Term structure at the money" height={360}
      summary={`At-the-money vol of ${name} over ${count(slices.length, 'expiry', 'expiries')}: ${percent(first?.atmVol)} on ${day(first?.expiry)}, ${percent(last?.atmVol)} on ${day(last?.expiry)}.`}
      option={palette => ({
        grid: { left: 48, right: 16, top: 30, bottom: 44 },
        tooltip: { trigger: 'axis', valueFormatter: (value: number) => `${number(value, 1)} %` },
        xAxis: { type: 'log', name: 'days to expiry', nameLocation: 'middle', nameGap: 28, axisLabel: { formatter: (value: number) => number(value, value < 1 ? 1 : 0) } },
        yAxis: { type: 'value', name: 'vol, % a year', scale: true },
        series: [{ type: 'line', name: 'at the money', symbolSize: 6, lineStyle: { color: palette.gain, width: 2 }, itemStyle: { color: palette.gain }, data: slices.map(slice => [Number((slice.years * daysAYear).toFixed(2)), slice.atmVol * 100]) }],
      })}
      twin={{
        columns: [{ name: 'Expiry' }, { name: 'Days' }, { name: 'ATM vol', unit: '%' }, { name: 'Forward' }],
        rows: slices.map(slice => [day(slice.expiry), number(slice.years * daysAYear, 1), percentNumber(slice.atmVol), number(slice.forward, 2)]),
      }}
    />
  )
}
