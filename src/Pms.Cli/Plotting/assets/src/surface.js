// The whole surface: heat-map (always) and 3-D view (where WebGL is there).
import { axis as axisStyle, tooltip } from './charts.js';
import { h } from './dom.js';
import * as f from './format.js';
import { timeAxis } from './term.js';
import { VIRIDIS } from './theme.js';

const GRID_AXES = {
  callDelta: { name: 'call delta', label: (x) => (Math.abs(x - 0.5) < 1e-9 ? '50\u0394' : x > 0.5 ? `${f.number((1 - x) * 100)}P` : `${f.number(x * 100)}C`), flip: true },
  logMoneyness: { name: 'log-moneyness k', label: (x) => f.number(x, 2, true), flip: false },
  standardDeviations: { name: 'standard deviations from the forward', label: (x) => f.number(x, 1, true), flip: false },
};

/** The deltas that traders name, where the grid has them. */
const NAMED_DELTAS = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];

/** Columns in drawing order: puts left. */
export function ordered(grid) {
  const axis = GRID_AXES[grid.axis];
  const columns = grid.x.map((_, i) => i);
  if (axis.flip) columns.reverse();
  return { axis, columns, vol: (row, column) => grid.vol[row * grid.x.length + column] };
}

const span = (grid) => [Math.min(...grid.vol) * 100, Math.max(...grid.vol) * 100];

const scaleBar = (grid, c, extra) => {
  const [min, max] = span(grid);
  return { min, max, calculable: false, itemHeight: 130, itemWidth: 12, textStyle: { color: c.muted, fontSize: 11 }, text: [`${f.number(max, 1)} %`, `${f.number(min, 1)} %`], inRange: { color: VIRIDIS }, ...extra };
};

export function heatOption(grid, c) {
  const { axis, columns, vol } = ordered(grid);
  const data = grid.years.flatMap((_, row) => columns.map((column, i) => [i, row, vol(row, column) * 100]));
  const named = axis.flip ? new Set(columns.flatMap((column, i) => (NAMED_DELTAS.some((d) => Math.abs(grid.x[column] - d) < 1e-9) ? [i] : []))) : new Set();
  const every = Math.max(1, Math.ceil(grid.years.length / 14));
  return {
    grid: { left: 66, right: 84, top: 12, bottom: 48 },
    tooltip: tooltip(c, (p) => h('div.tip', {}, h('b', {}, `${axis.label(grid.x[columns[p.value[0]]])}, ${f.days(grid.years[p.value[1]])}`), `${f.number(p.value[2], 2)} % vol`)),
    visualMap: scaleBar(grid, c, { type: 'continuous', dimension: 2, right: 4, top: 'middle' }),
    xAxis: axisStyle(c, { type: 'category', data: columns.map((i) => axis.label(grid.x[i])), name: axis.name, nameGap: 28, splitLine: { show: false }, axisLabel: { color: c.muted, fontSize: 11, hideOverlap: true, ...(named.size > 2 ? { interval: (i) => named.has(i) } : {}) } }),
    yAxis: axisStyle(c, { type: 'category', data: grid.years.map((t) => f.days(t)), name: 'time to expiry', nameGap: 50, splitLine: { show: false }, axisLabel: { color: c.muted, fontSize: 11, interval: every - 1 } }),
    series: [{ type: 'heatmap', data, emphasis: { itemStyle: { borderColor: c.fit, borderWidth: 1.5 } } }],
  };
}

/** Round ends and step of an axis: steps of 1, 2 or 5 times a power of ten. */
function round(min, max) {
  const raw = (max - min || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const interval = power * [1, 2, 5, 10].find((m) => m * power >= raw);
  return { min: Math.max(0, Math.floor(min / interval) * interval), max: Math.ceil(max / interval) * interval, interval };
}

export function surfaceOption(grid, c) {
  const { axis, columns, vol } = ordered(grid);
  const [min, max] = span(grid);
  const time = timeAxis(grid.years, 'sqrt', c).style;
  // Delta is drawn from puts to calls by turning its sign; the labels turn it back.
  const side = axis.flip ? -1 : 1;
  const data = grid.years.flatMap((t, row) => columns.map((column) => [side * grid.x[column], Math.sqrt(t), vol(row, column) * 100]));
  // The tall line leaves room in the label atlas of the 3-D grid, which cuts off the tops of letters otherwise.
  const text = { color: c.text, fontSize: 12, lineHeight: 24 };
  const common = {
    nameTextStyle: { ...text, color: c.muted }, nameGap: 26,
    axisLabel: text, axisLine: { lineStyle: { color: c.muted } }, axisTick: { lineStyle: { color: c.muted } }, splitLine: { lineStyle: { color: c.line } }, axisPointer: { show: false },
  };
  const xs = columns.map((i) => side * grid.x[i]);
  return {
    visualMap: scaleBar(grid, c, { type: 'continuous', dimension: 2, right: 4, top: 4, seriesIndex: 0 }),
    xAxis3D: {
      ...common, type: 'value', ...(axis.flip ? { min: -1, max: 0, interval: 0.25 } : { min: xs[0], max: xs[xs.length - 1] }), name: axis.name,
      axisLabel: { ...common.axisLabel, formatter: (v) => (axis.flip && (v <= -0.999 || v >= -0.001) ? '' : axis.label(side * v)) },
    },
    yAxis3D: { ...common, type: 'value', min: 0, max: Math.sqrt(grid.years[grid.years.length - 1]), name: 'time to expiry', axisLabel: { ...common.axisLabel, formatter: (v) => (v <= 0 ? '' : time.axisLabel.formatter(v).replace(/(\d)(\.\d+)?(h|d)$/, '$1$3')) } },
    zAxis3D: { ...common, type: 'value', ...round(min, max), name: 'vol, %', axisLabel: { ...common.axisLabel, formatter: (v) => f.number(v) } },
    grid3D: {
      boxWidth: 120, boxDepth: 110, boxHeight: 74, top: -20, height: 560, environment: c.panel,
      viewControl: { projection: 'perspective', alpha: 24, beta: 38, distance: 262, center: [0, -4, 0], minDistance: 120, maxDistance: 420, animation: false, autoRotate: false },
      light: { main: { intensity: 0.9, alpha: 50, beta: 40, shadow: false }, ambient: { intensity: 0.55 } },
      postEffect: { enable: false }, temporalSuperSampling: { enable: true },
    },
    series: [{ type: 'surface', data, dataShape: [grid.years.length, columns.length], shading: 'lambert', wireframe: { show: true, lineStyle: { color: 'rgba(0,0,0,0.28)', width: 1 } } }],
  };
}
