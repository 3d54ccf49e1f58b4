import type { ModelsDocument } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { usd, usdShort } from '../../shared/format'

type Model = ModelsDocument['accounts'][number]['models'][number]

const refusal = (model: Model): string =>
  model.error === undefined ? '' : typeof model.error === 'string' ? model.error : `${model.error.code}: ${model.error.message}`

/** What each venue's own model would ask of the same account. */
export function ModelsChart({ models }: { models: readonly Model[] }) {
  const answered = models.filter(model => model.error === undefined)
  return (
    <Figure
      title="Models side by side" height={260}
      summary={`Initial margin of the same account: ${answered.map(model => `${model.model} ${usd(model.initial)}`).join(', ')} USD.`}
      option={palette => ({
        grid: { left: 66, right: 52, top: 30, bottom: 28 },
        legend: {},
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value: number) => `${usd(value)} USD` },
        xAxis: { type: 'value', axisLabel: { formatter: usdShort, hideOverlap: true } },
        yAxis: { type: 'category', inverse: true, data: answered.map(model => model.model), splitLine: { show: false } },
        series: [
          { type: 'bar', name: 'initial', itemStyle: { color: palette.dim }, barGap: '10%', label: { show: true, position: 'right', color: palette.text, fontSize: 10, formatter: ({ value }: { value: number }) => usdShort(value) }, data: answered.map(model => model.initial) },
          { type: 'bar', name: 'maintenance', itemStyle: { color: palette.loss }, data: answered.map(model => model.maintenance) },
        ],
      })}
      twin={{
        columns: [{ name: 'Model' }, { name: 'Initial', unit: 'USD' }, { name: 'Maintenance', unit: 'USD' }, { name: 'Equity', unit: 'USD' }, { name: 'Bound by' }],
        rows: models.map(model => [model.model, usd(model.initial), usd(model.maintenance), usd(model.equity), model.binding ?? refusal(model)]),
      }}
    />
  )
}
