import type { Smiles } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { count, day, number, percent, percentNumber, quantity, signed } from '../../shared/format'

type Smile = Smiles['expiries'][number]

interface CustomApi { value: (dimension: number) => number; coord: (point: [number, number]) => [number, number] }

/** Bid and ask as bars, the fit as a line, over log-moneyness. */
export function SmileChart({ underlying, smile }: { underlying: string; smile: Smile }) {
  const points = smile.points.toSorted((first, second) => first.strike - second.strike)
  const quoted = points.filter(point => point.bidVol !== undefined && point.askVol !== undefined)
  const inside = quoted.filter(point => point.fitVol >= (point.bidVol ?? 0) && point.fitVol <= (point.askVol ?? Infinity))
  const atm = points.reduce((best, point) => Math.abs(point.logMoneyness) < Math.abs(best?.logMoneyness ?? Infinity) ? point : best, points[0])
  return (
    <Figure
      title={`Smile of ${underlying}, ${day(smile.expiry)}`} height={360}
      summary={`Vol by log-moneyness, forward ${quantity(smile.forward, 2)}: ${percent(atm?.fitVol)} at the money; the fit is inside bid and ask at ${inside.length} of ${count(quoted.length, 'two-sided quote')}.`}
      option={palette => ({
        grid: { left: 54, right: 16, top: 34, bottom: 44 },
        legend: { data: ['fit', 'mark', 'bid to ask'] },
        tooltip: { trigger: 'item' },
        xAxis: { type: 'value', name: 'log-moneyness ln(K/F)', nameLocation: 'middle', nameGap: 28, min: 'dataMin', max: 'dataMax', axisLabel: { formatter: (value: number) => number(value, 2), hideOverlap: true } },
        yAxis: { type: 'value', name: 'vol, % a year', scale: true },
        series: [
          {
            type: 'custom', name: 'bid to ask', itemStyle: { color: palette.gain },
            data: quoted.map(point => [point.logMoneyness, (point.bidVol ?? 0) * 100, (point.askVol ?? 0) * 100, point.strike]),
            dimensions: ['k', 'bid', 'ask', 'strike'], encode: { x: 0, y: [1, 2] },
            tooltip: { formatter: ({ value: [, bid, ask, strike] }: { value: [number, number, number, number] }) => `strike ${quantity(strike)}: bid ${number(bid, 1)} %, ask ${number(ask, 1)} %` },
            renderItem: (_: unknown, api: CustomApi) => {
              const [x, top] = api.coord([api.value(0), api.value(2)])
              const [, bottom] = api.coord([api.value(0), api.value(1)])
              const style = { stroke: palette.gain, lineWidth: 2 }
              const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style })
              return { type: 'group', children: [line(x, top, x, bottom), line(x - 3, top, x + 3, top), line(x - 3, bottom, x + 3, bottom)] }
            },
          },
          { type: 'line', name: 'fit', showSymbol: false, smooth: true, lineStyle: { color: palette.loss, width: 2 }, itemStyle: { color: palette.loss }, data: points.map(point => [point.logMoneyness, point.fitVol * 100]), tooltip: { show: false } },
          {
            type: 'scatter', name: 'mark', symbolSize: 5, itemStyle: { color: palette.dim }, data: points.filter(point => point.markVol !== undefined).map(point => [point.logMoneyness, (point.markVol ?? 0) * 100]),
            tooltip: { formatter: ({ value: [k, vol] }: { value: [number, number] }) => `k ${number(k, 3)}: mark ${number(vol, 1)} %` },
          },
        ],
      })}
      twin={{
        columns: [{ name: 'Strike' }, { name: 'k', unit: 'ln(K/F)' }, { name: 'Bid', unit: 'vol, %' }, { name: 'Fit', unit: 'vol, %' }, { name: 'Ask', unit: 'vol, %' }, { name: 'Mark', unit: 'vol, %' }, { name: 'Fit − mid', unit: 'vol points' }],
        rows: points.map(point => [
          quantity(point.strike), signed(point.logMoneyness, 3), percentNumber(point.bidVol), percentNumber(point.fitVol), percentNumber(point.askVol), percentNumber(point.markVol),
          signed(point.bidVol === undefined || point.askVol === undefined ? undefined : (point.fitVol - (point.bidVol + point.askVol) / 2) * 100, 2),
        ]),
      }}
    />
  )
}
