// The surface along time: at-the-money vol, skew and curvature at 25 delta, forwards, total variance.
import { axis as axisStyle, tooltip } from './charts.js';
import { h } from './dom.js';
import * as f from './format.js';
import { viridis } from './theme.js';

const TICKS = [1 / 24, 0.25, 1, 2, 3, 7, 14, 30, 60, 90, 180, 270, 365, 545, 730, 1095, 1825, 3650];

/** Time runs by its square root unless asked otherwise: the short end, where the expiries crowd, gets the room. */
export function timeAxis(years, scale, c) {
  const to = scale === 'sqrt' ? Math.sqrt : (t) => t;
  const from = scale === 'sqrt' ? (x) => x * x : (x) => x;
  const last = years.length ? Math.max(...years) : 1;
  const max = to(last) * 1.04;
  let previous = -1;
  const ticks = TICKS.map((d) => to(d / 365)).filter((x) => {
    const keep = x <= max && x >= (years.length ? to(Math.min(...years)) * 0.8 : 0) && (previous < 0 || x - previous > max * 0.055);
    if (keep) previous = x;
    return keep;
  });
  const label = (x) => {
    const d = Math.round(from(x) * 365 * 24) / 24;
    return d < 1 ? `${f.number(d * 24)}h` : d >= 365 && d % 365 === 0 ? `${d / 365}y` : `${f.number(d)}d`;
  };
  return {
    to,
    style: axisStyle(c, {
      min: 0, max, name: scale === 'sqrt' ? 'time to expiry (\u221a scale)' : 'time to expiry', nameGap: 28, splitLine: { show: false },
      axisLabel: { color: c.muted, fontSize: 11, customValues: ticks, formatter: label }, axisTick: { customValues: ticks, lineStyle: { color: c.line } },
    }),
  };
}

function lines(term, series, scale, c, yName, yLabel, expiries) {
  const time = timeAxis(term.years, scale, c);
  const near = (years) => expiries.find((e) => Math.abs(e.years - years) < 1e-6);
  return {
    grid: { left: 66, right: 20, top: 16, bottom: 48 },
    tooltip: tooltip(c, (items) => {
      const list = Array.isArray(items) ? items : [items];
      const years = term.years[list[0].dataIndex];
      const slice = near(years);
      return h('div.tip', {}, h('b', {}, `${slice ? `${f.expiryName(slice.expiry)}, ` : ''}${f.days(years)}`),
        h('table', {}, h('tbody', {}, list.map((i) => h('tr', {}, h('td', {}, i.seriesName), h('td', {}, yLabel(i.value[1])))))));
    }, { trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: c.muted } } }),
    xAxis: time.style,
    yAxis: axisStyle(c, { name: yName, nameGap: 50, axisLabel: { color: c.muted, fontSize: 11, formatter: (v) => yLabel(v, true) } }),
    series: series.map((s) => ({
      type: 'line', name: s.name, symbol: s.symbol, symbolSize: (v, p) => (near(term.years[p.dataIndex]) ? 7 : 0), showSymbol: true,
      lineStyle: { color: s.colour, width: 2, type: s.dash ?? 'solid' }, itemStyle: { color: s.colour },
      data: term.years.map((t, i) => [time.to(t), s.values[i]]), connectNulls: true,
      markLine: s.zero ? { silent: true, symbol: 'none', label: { show: false }, lineStyle: { color: c.muted, type: 'solid', width: 1 }, data: [{ yAxis: 0 }] } : undefined,
    })),
  };
}

export const atmOption = (term, scale, c, expiries) => lines(term, [{ name: 'ATM vol', values: term.atmVol.map((v) => v * 100), colour: c.inside, symbol: 'circle' }], scale, c, 'ATM vol, %', (v, axis) => `${f.number(v, axis ? 1 : 2)}${axis ? '' : ' %'}`, expiries);

export const skewOption = (term, scale, c, expiries) => lines(term, [
  { name: 'risk reversal 25\u0394 (call \u2212 put)', values: term.riskReversal25.map((v) => (v === null ? null : v * 100)), colour: c.inside, symbol: 'circle', zero: true },
  { name: 'butterfly 25\u0394', values: term.butterfly25.map((v) => (v === null ? null : v * 100)), colour: c.outside, symbol: 'diamond', dash: [6, 3] },
], scale, c, 'vol points', (v, axis) => (v === null || v === undefined ? '\u2014' : `${f.number(v, axis ? 1 : 2, true)}${axis ? '' : ' pts'}`), expiries);

export const forwardOption = (term, scale, c, expiries) => lines(term, [{ name: 'forward', values: term.forward, colour: c.inside, symbol: 'circle' }], scale, c, 'forward', (v) => f.price(v), expiries);

/** Total variance by log-moneyness: without calendar arbitrage no line crosses a later one. */
export function varianceOption(slices, c, light) {
  const drawn = slices.filter((s) => s.curve.vol.length > 1);
  const reach = Math.max(0.05, ...drawn.map((s) => 2.2 * (s.atmVol ?? 0.5) * Math.sqrt(s.years)));
  const wide = Math.min(reach, 1.5);
  const data = drawn.map((s) => s.curve.logMoneyness.map((k, i) => [k, s.curve.vol[i] ** 2 * s.years]).filter(([k]) => Math.abs(k) <= wide && Math.abs(k) <= 3.2 * (s.atmVol ?? 0.5) * Math.sqrt(s.years)));
  return {
    grid: { left: 66, right: 76, top: 16, bottom: 48 },
    xAxis: axisStyle(c, { min: -wide, max: wide, name: 'log-moneyness k', nameGap: 28, splitLine: { show: false }, axisLabel: { color: c.muted, fontSize: 11, formatter: (v) => f.number(v, 2, true), showMinLabel: false, showMaxLabel: false } }),
    yAxis: axisStyle(c, { type: 'log', name: 'total variance vol\u00b2 \u00d7 years, log scale', nameGap: 50, axisLabel: { color: c.muted, fontSize: 11, formatter: (v) => (v >= 0.001 ? String(Number(v.toPrecision(2))) : v.toExponential(0)) } }),
    series: drawn.map((s, i) => ({
      type: 'line', name: f.expiryName(s.expiry), data: data[i], symbol: 'none', silent: true,
      lineStyle: { width: 1.8, color: viridis(drawn.length > 1 ? i / (drawn.length - 1) : 0.5, light) },
      endLabel: { show: true, formatter: '{a}', color: c.muted, fontSize: 10.5 }, labelLayout: { moveOverlap: 'shiftY' },
    })),
  };
}
