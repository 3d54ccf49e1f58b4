import { SegmentedControl, Skeleton } from '@mantine/core'
import type { EChartsCoreOption } from 'echarts/core'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { DataTable } from '../ui/DataTable'
import { Panel } from '../ui/Panel'
import { usePalette, type Palette } from './palette'

const Chart = lazy(() => import('./Chart'))

/** The same numbers as text. Cells are formatted; the first column names the row. */
export interface Twin { columns: readonly { name: string; unit?: string }[]; rows: readonly (readonly string[])[] }

interface FigureProps {
  title: string
  /** What the chart shows, in a sentence with its main numbers: read out in place of the canvas. */
  summary: string
  height: number
  option: (palette: Palette) => EChartsCoreOption
  twin: Twin
  aside?: ReactNode
}

/** A chart with its table twin and its summary. */
export function Figure({ title, summary, height, option, twin, aside }: FigureProps) {
  const [view, setView] = useState('Chart')
  const palette = usePalette()
  return (
    <Panel
      title={title}
      aside={<>{aside}<SegmentedControl size="xs" data={['Chart', 'Table']} value={view} onChange={setView} aria-label={`${title}: show as`} className="no-print" /></>}
    >
      {view === 'Chart'
        ? <Suspense fallback={<Skeleton height={height} />}><Chart option={withHouseStyle(option(palette), palette)} height={height} summary={summary} /></Suspense>
        : (
          <div style={{ height, overflow: 'hidden' }}>
            <DataTable
              caption={`${title}. ${summary}`} maxHeight={height} rows={twin.rows} rowKey={(_, index) => String(index)}
              columns={twin.columns.map((column, index) => ({
                key: String(index), name: column.name, ...(column.unit ? { unit: column.unit } : {}), end: index > 0,
                cell: (row: readonly string[]) => <span className={index > 0 ? 'num' : undefined}>{row[index]}</span>,
              }))}
            />
          </div>
        )}
    </Panel>
  )
}

type Axis = Record<string, unknown> & { splitLine?: unknown }

/** What all charts have in common: quiet axes, no motion, a tooltip in the page's colours. */
function withHouseStyle(option: EChartsCoreOption, palette: Palette): EChartsCoreOption {
  const axis = (given: unknown, isValue: boolean): unknown => {
    const one = (each: Axis): Axis => ({
      nameTextStyle: { color: palette.dim }, axisLine: { show: !isValue, onZero: false, lineStyle: { color: palette.line } }, axisTick: { show: false },
      splitLine: { show: isValue, lineStyle: { color: palette.line, opacity: 0.6 } }, ...each,
      axisLabel: { color: palette.dim, fontSize: 11, ...(each.axisLabel as object | undefined) },
    })
    return Array.isArray(given) ? (given as Axis[]).map(one) : given ? one(given as Axis) : undefined
  }
  return {
    animation: false,
    textStyle: { fontFamily: 'system-ui, sans-serif', color: palette.text },
    backgroundColor: 'transparent',
    ...option,
    ...(option.xAxis ? { xAxis: axis(option.xAxis, false) } : {}),
    ...(option.yAxis ? { yAxis: axis(option.yAxis, true) } : {}),
    ...(option.legend ? { legend: { type: 'plain', top: 0, right: 0, itemHeight: 8, itemWidth: 14, textStyle: { color: palette.dim, fontSize: 11 }, ...(option.legend) } } : {}),
    tooltip: { confine: true, backgroundColor: palette.ground, borderColor: palette.line, textStyle: { color: palette.text, fontSize: 12 }, ...(option.tooltip as object | undefined) },
  }
}
