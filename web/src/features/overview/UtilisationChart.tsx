import type { Overview } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { count, number, percent } from '../../shared/format'

type Bucket = Overview['utilisation'][number]

const name = (bucket: Bucket): string => bucket.to === undefined ? `≥ ${percent(bucket.from, 0)}` : `${number(bucket.from * 100)}–${percent(bucket.to, 0)}`

/** How much of their equity accounts have bound in maintenance margin. */
export function UtilisationChart({ buckets }: { buckets: readonly Bucket[] }) {
  const total = buckets.reduce((sum, bucket) => sum + bucket.accounts, 0)
  const beyond = buckets.filter(bucket => bucket.from >= 1).reduce((sum, bucket) => sum + bucket.accounts, 0)
  return (
    <Figure
      title="Margin utilisation" height={260}
      summary={`Maintenance margin as a share of equity, ${count(total, 'account')}: ${beyond} at or above 100 %.`}
      option={palette => ({
        grid: { left: 44, right: 10, top: 26, bottom: 52 },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
        xAxis: { type: 'category', data: buckets.map(name), name: 'maintenance / equity', nameLocation: 'middle', nameGap: 36, axisLabel: { rotate: buckets.length > 8 ? 35 : 0 } },
        yAxis: { type: 'value', name: 'accounts', minInterval: 1 },
        series: [{
          type: 'bar', name: 'accounts', barCategoryGap: '12%',
          data: buckets.map(bucket => ({ value: bucket.accounts, itemStyle: { color: bucket.from >= 1 ? palette.danger : bucket.from >= 0.8 ? palette.loss : palette.gain } })),
        }],
      })}
      twin={{
        columns: [{ name: 'Maintenance / equity' }, { name: 'Accounts' }, { name: 'Share' }],
        rows: buckets.map(bucket => [name(bucket), number(bucket.accounts), percent(total > 0 ? bucket.accounts / total : undefined)]),
      }}
    />
  )
}
