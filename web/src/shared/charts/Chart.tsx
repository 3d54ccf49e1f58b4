import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from 'echarts/components'
import { init, use as register, type EChartsCoreOption } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'

register([BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent, CanvasRenderer])

/** The canvas itself. Loaded on its own: a page's numbers need not wait for it. */
export default function Chart({ option, height, summary }: { option: EChartsCoreOption; height: number; summary: string }) {
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<ReturnType<typeof init>>(null)

  useEffect(() => {
    if (!host.current) return
    const made = init(host.current)
    chart.current = made
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(host.current)
    return () => { observer.disconnect(); made.dispose(); chart.current = null }
  }, [])

  useEffect(() => { chart.current?.setOption(option, { notMerge: true }) }, [option])

  return <div ref={host} className="chart" role="img" aria-label={summary} style={{ height }} />
}
