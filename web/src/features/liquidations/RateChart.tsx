import type { Auction } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { duration, number, percent, percentNumber } from '../../shared/format'

/** The rate of the curve at a moment, between its points on a line. */
export function rateAt(curve: Auction['curve'], seconds: number): number | undefined {
  const after = curve.findIndex(point => point.seconds >= seconds)
  if (after < 0) return curve.at(-1)?.rate
  const [to, from] = [curve[after], curve[after - 1]]
  if (!to || !from || to.seconds === from.seconds) return to?.rate
  return from.rate + (to.rate - from.rate) * (seconds - from.seconds) / (to.seconds - from.seconds)
}

const stepMs = 5_000

/** What a keeper gets for each dollar of shortfall, over the auction's time, with the present moment marked. */
export function RateChart({ auction, now }: { auction: Auction; now: number }) {
  // In steps, so that the canvas is not drawn anew every second.
  const runs = auction.startedAt === undefined ? undefined : Math.max(Math.floor((now - Date.parse(auction.startedAt)) / stepMs) * stepMs / 1000, 0)
  const last = auction.curve.at(-1)
  const minutes = (seconds: number): number => seconds / 60
  const seconds = Math.min(runs ?? 0, last?.seconds ?? 0)
  const rate = runs === undefined ? auction.rate : rateAt(auction.curve, runs)
  return (
    <Figure
      title={`Rate of the auction of account ${auction.account}`} height={260}
      summary={`Now ${percent(rate)} of the shortfall removed, ${runs === undefined ? 'not started' : `${duration(runs * 1000)} after the start`}; ${percent(last?.rate)} at the end, after ${duration((last?.seconds ?? 0) * 1000)}.`}
      option={palette => ({
        grid: { left: 52, right: 24, top: 30, bottom: 42 },
        tooltip: { trigger: 'axis', valueFormatter: (value: number) => `${number(value, 1)} %` },
        xAxis: { type: 'value', name: 'minutes after the start', nameLocation: 'middle', nameGap: 26, max: minutes(last?.seconds ?? 0), splitLine: { show: false } },
        yAxis: { type: 'value', name: '% of the shortfall removed', nameTextStyle: { align: 'left' } },
        series: [{
          type: 'line', name: 'rate', showSymbol: false, lineStyle: { color: palette.loss, width: 2 }, itemStyle: { color: palette.loss },
          data: auction.curve.map(point => [minutes(point.seconds), point.rate * 100]),
          ...(runs === undefined ? {} : {
            markLine: {
              symbol: 'none', silent: true, lineStyle: { color: palette.text, type: 'dashed' }, data: [{ xAxis: minutes(seconds) }],
              label: { formatter: `now: ${percent(rate)}`, color: palette.text, position: 'insideEndTop', rotate: 0, distance: [seconds > (last?.seconds ?? 0) * 0.8 ? -40 : 40, 4] },
            },
          }),
        }],
      })}
      twin={{
        columns: [{ name: 'After the start' }, { name: 'Rate', unit: '%' }, { name: 'Now' }],
        rows: auction.curve.map((point, index) => [
          duration(point.seconds * 1000), percentNumber(point.rate),
          runs !== undefined && point.seconds <= seconds && (auction.curve[index + 1]?.seconds ?? Infinity) > seconds ? `here, ${percent(rate)}` : '',
        ]),
      }}
    />
  )
}
