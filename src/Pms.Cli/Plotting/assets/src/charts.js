// The chart library, cut to the parts this page draws with.
import * as echarts from 'echarts/core';
import { CustomChart, HeatmapChart, LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent, VisualMapComponent, MarkLineComponent, DataZoomInsideComponent } from 'echarts/components';
import { LabelLayout } from 'echarts/features';
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers';
import { SurfaceChart } from 'echarts-gl/charts';
import { Grid3DComponent } from 'echarts-gl/components';

echarts.use([CustomChart, HeatmapChart, LineChart, GridComponent, TooltipComponent, VisualMapComponent, MarkLineComponent, DataZoomInsideComponent, LabelLayout, CanvasRenderer, SVGRenderer, SurfaceChart, Grid3DComponent]);

export const FONT = getComputedStyle(document.documentElement).fontFamily;
const mounted = new Set();

/** Draws into an element that is in the document. SVG stays sharp on paper; only WebGL needs the canvas. */
export function mount(element, option, renderer = 'svg') {
  const chart = echarts.init(element, null, { renderer });
  chart.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...option });
  if (renderer === 'svg') chart.getZr().flush();
  mounted.add(chart);
  return chart;
}

/** Removes charts whose element has left the page. */
export function sweep() {
  for (const chart of mounted) {
    if (!chart.getDom().isConnected) {
      chart.dispose();
      mounted.delete(chart);
    }
  }
}

let pending = 0;
addEventListener('resize', () => {
  cancelAnimationFrame(pending);
  pending = requestAnimationFrame(() => mounted.forEach((chart) => chart.getDom().clientWidth > 0 && chart.resize()));
});

export const hasWebGl = (() => {
  try {
    return Boolean(document.createElement('canvas').getContext('webgl'));
  } catch {
    return false;
  }
})();

export function axis(c, extra) {
  return {
    type: 'value',
    scale: true,
    nameLocation: 'middle',
    axisLine: { show: true, onZero: false, lineStyle: { color: c.line } },
    axisTick: { lineStyle: { color: c.line } },
    axisLabel: { color: c.muted, fontSize: 11 },
    nameTextStyle: { color: c.muted, fontSize: 12 },
    splitLine: { lineStyle: { color: c.line, opacity: 0.6 } },
    ...extra,
  };
}

export const tooltip = (c, formatter, extra) => ({
  confine: true, renderMode: 'html', backgroundColor: c.tip, borderColor: c.line, borderWidth: 1, padding: [6, 10], textStyle: { color: c.text, fontSize: 12.5, fontFamily: FONT }, transitionDuration: 0, formatter, ...extra,
});
