// The smile of one expiry: bid-ask bars, fitted curve, and the residuals under it.
import { axis as axisStyle, tooltip } from './charts.js';
import { h } from './dom.js';
import * as f from './format.js';
import { AXES, stateOf } from './smile-data.js';

const colourOf = (q, c) => (q.quarantined !== null ? c.quarantined : q.inside === false ? c.outside : c.inside);

function triangle(x, y, size, up) {
  const s = up ? -size : size;
  return [[x - size, y - s * 0.6], [x + size, y - s * 0.6], [x, y + s]];
}

/** One quote as a bar from bid to ask; a lone side is a short cap with a stem away from the missing side. */
function barShapes(api, x, bid, ask, mid, q, c, width) {
  const px = (v) => api.coord([x, v]);
  const colour = colourOf(q, c);
  const thick = q.inside === false && q.quarantined === null ? width + 0.9 : width;
  const style = { stroke: colour, lineWidth: thick, fill: 'none', lineDash: q.quarantined !== null ? [2, 2] : undefined, opacity: q.quarantined !== null ? 0.9 : 1 };
  const cap = width > 1 ? 3.2 : 1.6;
  const line = (x1, y1, x2, y2) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style, silent: true });
  const shapes = [];
  if (bid !== null && ask !== null) {
    const [cx, top] = px(ask);
    const [, bottom] = px(bid);
    shapes.push(line(cx, top, cx, bottom), line(cx - cap, top, cx + cap, top), line(cx - cap, bottom, cx + cap, bottom));
  } else {
    const [cx, at] = px(bid ?? ask);
    const away = bid !== null ? -7 : 7;
    shapes.push(line(cx - cap, at, cx + cap, at), line(cx, at, cx, at + away));
  }
  const at = mid ?? (q.quarantined !== null ? bid ?? ask : null);
  if (at !== null && width > 1) {
    const [cx, cy] = px(at);
    const hollow = q.quarantined !== null;
    shapes.push({ type: 'polygon', shape: { points: triangle(cx, cy, 3.4, q.type === 'call') }, style: { fill: hollow ? c.panel : colour, stroke: colour, lineWidth: 1.2 }, silent: true });
  }
  return shapes;
}

function quoteSeries(data, c, width, valueOf, extra) {
  return {
    type: 'custom',
    clip: true,
    encode: { x: 0, y: [1, 2] },
    data: data.map((q) => { const [bid, ask] = valueOf(q); return [q.x, bid ?? ask, ask ?? bid]; }),
    renderItem: (params, api) => {
      const q = data[params.dataIndex];
      const [bid, ask, mid] = valueOf(q);
      const shapes = barShapes(api, q.x, bid, ask, mid, q, c, width);
      if (width > 1) {
        const [x, a] = api.coord([q.x, ask ?? bid]);
        const [, b] = api.coord([q.x, bid ?? ask]);
        shapes.push({ type: 'rect', shape: { x: x - 5, y: Math.min(a, b) - 6, width: 10, height: Math.abs(b - a) + 12 }, style: { fill: c.panel, opacity: 0 } });
      }
      return { type: 'group', children: shapes };
    },
    ...extra,
  };
}

const inPercent = (q) => [q.bidVol === null ? null : q.bidVol * 100, q.askVol === null ? null : q.askVol * 100, q.mid === null ? null : q.mid * 100];
const overFit = (q) => inPercent(q).map((v) => (v === null ? null : v - q.fit * 100));
/** The deltas that traders name. */
const DELTA_TICKS = [1, 5, 10, 25, 50, 75, 90, 95, 99];
const deltaTicks = (ticks) => ({ axisLabel: { customValues: ticks }, axisTick: { customValues: ticks } });
const merge = (base, extra) => ({ ...base, ...extra, axisLabel: { ...base.axisLabel, ...extra.axisLabel }, axisTick: { ...base.axisTick, ...extra.axisTick } });

const curvePoints = (d) => d.curve.map(([x, vol]) => [x, vol * 100]);
const visible = (d, showQuarantined) => d.shown.filter((q) => showQuarantined || q.quarantined === null);

function tip(q) {
  const row = (name, value) => h('tr', {}, h('td', {}, name), h('td', {}, value));
  return h('div.tip', {},
    h('b', {}, `${f.strike(q.strike)} ${q.type}`),
    h('table', {}, h('tbody', {},
      row('bid / ask vol', `${f.percent(q.bidVol, 2)} / ${f.percent(q.askVol, 2)}`),
      row('fit', f.percent(q.fit, 2)),
      row('mid \u2212 fit', q.residual === null ? '\u2014' : `${f.points(q.residual)} vol pts`),
      row('k', f.number(q.logMoneyness, 4, true)),
      row('call delta', f.number(q.delta, 2)))),
    stateOf(q));
}

/** Options of the big chart: smile above, residuals below, one x axis. */
export function bigOption(d, axis, c, showQuarantined) {
  const quotes = visible(d, showQuarantined);
  const residuals = quotes.filter((q) => q.fit !== null);
  // The scale of the residuals follows the used quotes in the belly; far wings may leave the pane.
  const sizes = residuals.filter((q) => q.quarantined === null && q.belly && q.mid !== null).flatMap(overFit).filter((v) => v !== null).map(Math.abs).sort((a, b) => a - b);
  const reach = sizes.length ? Math.max(0.2, sizes[Math.floor((sizes.length - 1) * 0.9)] * 1.2) : 1;
  const x = (grid, extra) => axisStyle(c, { gridIndex: grid, min: d.from, max: d.to, splitLine: { show: false }, axisPointer: { show: true, snap: false, triggerTooltip: false, lineStyle: { color: c.muted, opacity: 0.5 }, label: { show: grid === 1, formatter: ({ value }) => AXES[axis].label(value), backgroundColor: c.muted, color: c.bg } }, ...extra });
  const label = { color: c.muted, fontSize: 11, formatter: AXES[axis].label, hideOverlap: true, showMinLabel: false, showMaxLabel: false };
  const atm = { k: 0, strike: d.slice.forward, delta: null }[axis];
  return {
    grid: [{ left: 62, right: 16, top: 30, height: '60%' }, { left: 62, right: 16, bottom: 48, height: '19%' }],
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    tooltip: tooltip(c, (p) => tip(quotes[p.dataIndex] && p.seriesIndex === 1 ? quotes[p.dataIndex] : residuals[p.dataIndex]), { trigger: 'item' }),
    dataZoom: [{ type: 'inside', xAxisIndex: [0, 1], filterMode: 'none', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false, moveOnMouseMove: true }],
    xAxis: [
      x(0, { axisLabel: { show: false }, axisTick: { show: false } }),
      merge(x(1, { name: AXES[axis].name, nameGap: 28, axisLabel: label }), axis === 'delta' ? deltaTicks(DELTA_TICKS) : {}),
    ],
    yAxis: [
      axisStyle(c, { gridIndex: 0, min: d.low * 100, max: d.high * 100, name: 'implied vol, %', nameGap: 44, axisLabel: { color: c.muted, fontSize: 11, formatter: (v) => f.number(v, d.high - d.low < 0.06 ? 1 : 0), showMinLabel: false, showMaxLabel: false } }),
      axisStyle(c, { gridIndex: 1, min: -reach, max: reach, name: 'quote \u2212 fit, pts', nameGap: 44, interval: reach, axisLabel: { color: c.muted, fontSize: 11, formatter: (v) => f.number(v, 1, true) } }),
    ],
    series: [
      {
        type: 'line', xAxisIndex: 0, yAxisIndex: 0, data: curvePoints(d), symbol: 'none', silent: true, z: 5, lineStyle: { color: c.fit, width: 2 }, tooltip: { show: false },
        markLine: atm === null || atm === undefined ? undefined : { silent: true, symbol: 'none', lineStyle: { color: c.muted, type: [4, 4], width: 1 }, label: { formatter: 'forward', color: c.muted, fontSize: 11 }, data: [{ xAxis: atm }] },
      },
      quoteSeries(quotes, c, 1.3, inPercent, { xAxisIndex: 0, yAxisIndex: 0, z: 3 }),
      quoteSeries(residuals, c, 1.3, overFit, { xAxisIndex: 1, yAxisIndex: 1, z: 3 }),
      { type: 'line', xAxisIndex: 1, yAxisIndex: 1, data: [[d.from, 0], [d.to, 0]], symbol: 'none', silent: true, lineStyle: { color: c.fit, width: 1.2 }, tooltip: { show: false } },
    ],
  };
}

/** Options of a small multiple: the same picture without pointer and residuals. */
export function smallOption(d, axis, c, showQuarantined, [low, high]) {
  const quotes = visible(d, showQuarantined);
  return {
    grid: { left: 34, right: 8, top: 10, bottom: 22 },
    xAxis: merge(
      axisStyle(c, { min: d.from, max: d.to, splitLine: { show: false }, splitNumber: 3, axisLabel: { color: c.muted, fontSize: 10.5, formatter: AXES[axis].label, hideOverlap: true, showMinLabel: false, showMaxLabel: false } }),
      axis === 'delta' ? deltaTicks([10, 25, 50, 75, 90]) : {}),
    yAxis: axisStyle(c, { min: low * 100, max: high * 100, splitNumber: 3, axisLabel: { color: c.muted, fontSize: 10.5, formatter: (v) => f.number(v, high - low < 0.04 ? 1 : 0), showMinLabel: false, showMaxLabel: false } }),
    series: [
      quoteSeries(quotes, c, 1, inPercent, { silent: true, z: 3 }),
      { type: 'line', data: curvePoints(d), symbol: 'none', silent: true, z: 5, lineStyle: { color: c.fit, width: 1.6 } },
    ],
  };
}
