import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { ExplainDocument } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { signed, usd, usdShort } from '../../shared/format'

const causes = ['delta', 'gamma', 'vega', 'skew', 'term', 'theta', 'basis', 'peg', 'cross', 'residual'] as const

/** The expected shortfall by what moves the market: shared out by Shapley's rule, or each cause alone with what they do together as cross. */
export function CauseChart({ tail }: { tail: NonNullable<ExplainDocument['tail']> }) {
  const [rule, setRule] = useState<'shapley' | 'alone'>('shapley')
  const terms = tail[rule]
  const shown = causes.filter(cause => Math.abs(terms[cause]) >= 0.5)
  return (
    <Figure
      title="Tail loss by cause" height={300}
      aside={<SegmentedControl size="xs" data={['shapley', 'alone']} value={rule} onChange={value => setRule(value)} aria-label="Rule of sharing" />}
      summary={`Expected shortfall ${usd(terms.total)} USD: ${shown.map(cause => `${cause} ${signed(terms[cause])}`).join(', ')}.`}
      option={palette => ({
        grid: { left: 66, right: 52, top: 8, bottom: 44 },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value: number) => `${signed(value)} USD` },
        xAxis: { type: 'value', name: 'loss, USD', nameLocation: 'middle', nameGap: 26, axisLabel: { formatter: usdShort, hideOverlap: true } },
        yAxis: { type: 'category', inverse: true, data: shown, splitLine: { show: false } },
        series: [{
          type: 'bar', barMaxWidth: 18, label: { show: true, position: 'right', color: palette.text, fontSize: 11, formatter: ({ value }: { value: number }) => usdShort(value) },
          data: shown.map(cause => ({ value: terms[cause], itemStyle: { color: terms[cause] > 0 ? palette.loss : palette.gain } })),
        }],
      })}
      twin={{
        columns: [{ name: 'Cause' }, { name: 'Shapley', unit: 'USD' }, { name: 'Alone', unit: 'USD' }],
        rows: [...causes, 'total' as const].map(cause => [cause, signed(tail.shapley[cause]), signed(tail.alone[cause])]),
      }}
    />
  )
}
