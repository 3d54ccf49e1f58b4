import type { AccountMargin } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { signed, usd, usdShort } from '../../shared/format'
import { waterfall, type Step } from './waterfall'

export function WaterfallChart({ margin }: { margin: AccountMargin }) {
  const steps = waterfall(margin)
  const amount = (step: Step): number => step.to - step.from
  const notShown = margin.components.filter(line => !steps.some(step => step.name === line.name)).map(line => line.name)
  return (
    <Figure
      title="From the core to the margins" height={300}
      summary={`Maintenance margin ${usd(margin.maintenance)} USD, initial margin ${usd(margin.initial)} USD, bound by ${margin.binding}. ${steps.filter(step => step.kind === 'part').map(step => `${step.name} ${signed(amount(step))}`).join(', ')}.`}
      option={palette => {
        const color = (step: Step): string => step.kind === 'candidate' ? palette.line : step.kind === 'sum' ? palette.dim : amount(step) < 0 ? palette.gain : palette.loss
        return {
          grid: { left: 62, right: 12, top: 28, bottom: 46 },
          tooltip: { trigger: 'item', formatter: ({ dataIndex }: { dataIndex: number }) => steps[dataIndex] ? `${steps[dataIndex].name}: ${usd(amount(steps[dataIndex]))} USD` : '' },
          xAxis: { type: 'category', data: steps.map(step => step.name), axisLabel: { interval: 0, rotate: steps.length > 7 ? 25 : 0 } },
          yAxis: { type: 'value', name: 'USD', axisLabel: { formatter: usdShort } },
          series: [
            { type: 'bar', stack: 'steps', silent: true, itemStyle: { color: 'transparent' }, data: steps.map(step => Math.min(step.from, step.to)) },
            {
              type: 'bar', stack: 'steps', barCategoryGap: '25%',
              data: steps.map(step => ({ value: Math.abs(amount(step)), itemStyle: { color: color(step) } })),
              label: { show: true, position: 'top', color: palette.text, fontSize: 11, formatter: ({ dataIndex }: { dataIndex: number }) => steps[dataIndex] ? usdShort(amount(steps[dataIndex])) : '' },
              markLine: { silent: true, symbol: 'none', lineStyle: { color: palette.gain, type: 'dashed' }, label: { color: palette.gain, formatter: 'equity', position: 'insideStartTop' }, data: margin.equity <= margin.initial * 3 ? [{ yAxis: margin.equity }] : [] },
            },
          ],
        }
      }}
      twin={{
        columns: [{ name: 'Line' }, { name: 'Amount', unit: 'USD' }, { name: 'Kind' }],
        rows: [
          ...steps.map(step => [step.name, usd(amount(step)), step.kind === 'candidate' ? 'candidate for the core' : step.kind]),
          ...notShown.map(name => [name, '0', 'part']),
        ],
      }}
    />
  )
}
