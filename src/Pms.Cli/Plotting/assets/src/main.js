// The page: state in the address, one view at a time, everything drawn from the data block in this file.
import { hasWebGl, mount, sweep } from './charts.js';
import { csv, download, h, segments, svg, table } from './dom.js';
import * as f from './format.js';
import { bigOption, smallOption } from './smile.js';
import { AXES, counts, prepare, stateOf } from './smile-data.js';
import { heatOption, ordered, surfaceOption } from './surface.js';
import { atmOption, forwardOption, skewOption, varianceOption } from './term.js';
import { colours, isLight, watch } from './theme.js';

const model = JSON.parse(document.getElementById('surface-data').textContent);
const top = document.getElementById('top');
const main = document.getElementById('main');

const TABS = [['smiles', 'Smiles'], ['term', 'Term structure'], ['surface', 'Surface'], ['quality', 'Arbitrage and fit']];
const CHOICES = { tab: TABS.map(([t]) => t), x: ['k', 'strike', 'delta'], range: ['all', 'belly'], scale: ['own', 'shared'], time: ['sqrt', 'linear'], quarantined: ['show', 'hide'], theme: ['dark', 'light', 'system'] };
const state = { u: '', e: '', tab: 'smiles', x: 'k', range: 'all', scale: 'own', time: 'sqrt', quarantined: 'show', theme: 'dark' };
const DEFAULTS = { ...state };

/** An expiry in the address: 2026-08-28T0800. */
const expiryKey = (s) => new Date(s.expiry).toISOString().slice(0, 16).replace(':', '');

function readHash() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const key of Object.keys(DEFAULTS)) {
    const value = given.get(key);
    state[key] = key in CHOICES ? (CHOICES[key].includes(value) ? value : DEFAULTS[key]) : value ?? '';
  }
}

function writeHash() {
  const out = new URLSearchParams();
  for (const key of Object.keys(DEFAULTS)) if (state[key] !== DEFAULTS[key]) out.set(key, state[key]);
  history.replaceState(null, '', `#${out}`);
}

const underlying = () => model.underlyings.find((u) => u.name === state.u) ?? model.underlyings[0];

/** The selected expiry, or the first one of at least a week: the nearest one is mostly noise. */
function slice() {
  const { slices } = underlying();
  return slices.find((s) => expiryKey(s) === state.e) ?? slices.find((s) => s.years * 365 >= 7) ?? slices[0];
}

function set(changes) {
  Object.assign(state, changes);
  writeHash();
  const focused = document.activeElement?.closest('[role="radiogroup"],[role="tablist"]')?.getAttribute('aria-label');
  draw();
  if (focused) document.querySelector(`[aria-label="${CSS.escape(focused)}"] [tabindex="0"]`)?.focus();
}

const age = (u) => `Snapshot ${f.utc(model.instant)}${u.oldestQuoteSeconds === null ? '' : `, oldest quote used ${f.seconds(u.oldestQuoteSeconds)} old`}. Source: ${model.source}.`;

/** A chart with its heading, unit, text summary, age and table twin. */
function frame(u, { title, unit, summary, height, legend, columns, rows, rowAttributes, file, open, note }) {
  const chart = h('div.chart', { role: 'img', 'aria-label': summary, css: { height: `${height}px` } });
  const details = columns ? h('details', { open: Boolean(open), 'data-csv': file }, h('summary', {}, `Table (${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`)) : null;
  const fill = () => {
    if (details.children.length > 1) return;
    details.append(h('button.plain', { type: 'button', onclick: () => download(`${file}.csv`, csv(columns, rows)) }, 'Save as CSV'), table(title, columns, rows, rowAttributes));
  };
  if (details) {
    details.addEventListener('toggle', () => details.open && fill());
    details.exportCsv = () => download(`${file}.csv`, csv(columns, rows));
    if (open) fill();
  }
  const box = h('section.frame', {}, h('div.head', {}, h('h2', {}, title), h('span.unit', {}, unit)), note, chart, legend, h('p.age', {}, age(u)), details);
  return { box, chart };
}

const fileName = (u, part) => `${u.name}-${part}-${new Date(model.instant).toISOString().slice(0, 16).replace(/[:T]/g, '')}`.replace(/[^A-Za-z0-9._-]/g, '_');

const verdict = (ok, yes, no) => h(ok ? 'span.mark-ok' : 'span.mark-bad', {}, ok ? `\u2713 ${yes}` : `\u2717 ${no}`);

/** Share over all expiries: each counts with its judged quotes of 5 to 95 delta, so that a thin expiry does not weigh like a full one. */
function insideShare(u) {
  let inside = 0;
  let judged = 0;
  for (const s of u.slices) {
    if (s.insideBidAsk === null) continue;
    const weight = prepare(s, 'k', 'all').quotes.filter((q) => q.inside !== null && q.belly).length;
    inside += s.insideBidAsk * weight;
    judged += weight;
  }
  return judged ? inside / judged : null;
}

function drawTop() {
  const u = underlying();
  top.replaceChildren();
  const all = u?.slices.flatMap((s) => s.quotes) ?? [];
  const used = all.filter((q) => q.quarantined === null);
  const rmse = u?.slices.filter((s) => s.rmseVol !== null && s.quotes.some((q) => q.quarantined === null)) ?? [];
  const minG = (u?.slices ?? []).map((s) => s.minG).filter((g) => g !== null);
  const degraded = u?.slices.filter((s) => s.degraded !== null) ?? [];
  const pooled = () => {
    let squares = 0;
    let n = 0;
    for (const s of rmse) { const m = counts(s).used; squares += s.rmseVol ** 2 * m; n += m; }
    return n ? Math.sqrt(squares / n) : null;
  };
  top.append(
    h('div.bar', {},
      h('h1', {}, model.title),
      model.underlyings.length ? segments('Underlying', model.underlyings.map((m) => [m.name, m.name]), u.name, (name) => set({ u: name, e: '' }), true) : null,
      h('span.grow'),
      segments('Theme', [['dark', 'Dark'], ['light', 'Light'], ['system', 'System']], state.theme, (theme) => set({ theme })),
      h('button.plain', { type: 'button', onclick: help }, 'Keys ', h('kbd', {}, '?'))),
    h('div.origin', {},
      h('span', { title: f.local(model.instant) }, f.utc(model.instant)), h('span', {}, model.source),
      h('span', { title: model.snapshotHash }, 'snapshot ', h('code', {}, model.snapshotHash.slice(0, 16))),
      h('span', {}, 'IV in % a year; deltas are undiscounted call deltas; years ACT/365')));
  if (!u) return;
  const figure = (name, value, unit) => h('div', {}, h('dt', {}, name), h('dd', {}, value, unit ? h('small', {}, ' ', unit) : null));
  const a = u.arbitrage;
  top.append(h('dl.figures', {},
    figure('Index', f.price(u.indexPrice)),
    figure('Expiries', f.number(u.slices.length), degraded.length ? h('span.mark-warn', {}, `${degraded.length} degraded`) : null),
    figure('Quotes used', f.number(used.length), `of ${f.number(all.length)}`),
    figure('Fit inside bid-ask', f.percent(insideShare(u), 1), '5\u201395\u0394'),
    figure('Fit error, RMS', rmse.length ? f.points(pooled(), 2, false) : '\u2014', 'vol pts'),
    figure('Least g', minG.length ? f.number(Math.min(...minG), 3, true) : '\u2014', '\u2265 0 wanted'),
    figure('Arbitrage', a === null ? '\u2014' : verdict(a.butterflyViolations + a.calendarViolations === 0, 'none', f.number(a.butterflyViolations + a.calendarViolations)), a === null ? 'not checked' : null)));
  if (u.degraded !== null) top.append(h('p.notice', {}, h('b', {}, 'Degraded: '), u.degraded));
  const tabs = h('div.tabs', { role: 'tablist', 'aria-label': 'Views' }, TABS.map(([id, name], i) =>
    h('button', { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-selected': String(state.tab === id), 'aria-controls': 'view', tabindex: state.tab === id ? 0 : -1, onclick: () => set({ tab: id }) }, name, ' ', h('kbd', { 'aria-hidden': 'true' }, i + 1))));
  tabs.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const i = TABS.findIndex(([id]) => id === state.tab);
    set({ tab: TABS[(i + step + TABS.length) % TABS.length][0] });
  });
  top.append(tabs);
}

function draw() {
  const light = isLight(state.theme);
  document.documentElement.dataset.theme = light ? 'light' : 'dark';
  drawTop();
  const view = h('div', { id: 'view', role: 'tabpanel', 'aria-labelledby': `tab-${state.tab}` });
  main.replaceChildren(view);
  sweep();
  const u = underlying();
  if (!u || (u.slices.length === 0 && state.tab !== 'surface')) {
    view.append(h('p.notice.empty', {}, u ? `No expiry of ${u.name} has quotes on this board. ` : 'This board has no option quotes. ', 'To see what was read: ', h('code', {}, 'pms board show FILE')));
    return;
  }
  ({ smiles: drawSmiles, term: drawTerm, surface: drawSurface, quality: drawQuality })[state.tab](view, u, colours(state.theme), light);
}

// ---- smiles

function mark(shapes) {
  return svg(20, 14, ...shapes);
}

function smileLegend(c) {
  const bar = (colour, width, hollow) => mark([
    ['line', { x1: 10, x2: 10, y1: 1, y2: 13, stroke: colour, 'stroke-width': width, ...(hollow ? { 'stroke-dasharray': '2 2' } : {}) }],
    ['polygon', { points: '6.6,9 13.4,9 10,3.6', fill: hollow ? c.panel : colour, stroke: colour, 'stroke-width': 1.2 }],
  ]);
  const item = (drawing, text) => h('li', {}, drawing, text);
  return h('ul.legend', {},
    item(mark([['line', { x1: 1, x2: 19, y1: 7, y2: 7, stroke: c.fit, 'stroke-width': 2 }]]), 'fit'),
    item(bar(c.inside, 1.4), 'bid to ask, fit inside'),
    item(bar(c.outside, 2.2), 'fit outside (thick)'),
    item(bar(c.quarantined, 1.3, true), 'quarantined (hollow)'),
    item(mark([['polygon', { points: '2,10 9,10 5.5,4', fill: c.muted }], ['polygon', { points: '11,4 18,4 14.5,10', fill: c.muted }]]), 'mid: up call, down put'));
}

const quoteColumns = () => [
  { head: 'Strike', cell: (q) => f.strike(q.strike), raw: (q) => q.strike, name: 'strike' },
  { head: 'Type', cell: (q) => q.type, raw: (q) => q.type, name: 'type', text: true },
  { head: 'k', cell: (q) => f.number(q.logMoneyness, 4, true), raw: (q) => q.logMoneyness, name: 'log_moneyness' },
  { head: 'Call \u0394', cell: (q) => f.number(q.delta, 2), raw: (q) => q.delta, name: 'call_delta' },
  { head: 'Bid vol %', cell: (q) => f.points(q.bidVol, 2, false), raw: (q) => q.bidVol, name: 'bid_vol' },
  { head: 'Ask vol %', cell: (q) => f.points(q.askVol, 2, false), raw: (q) => q.askVol, name: 'ask_vol' },
  { head: 'Fit vol %', cell: (q) => f.points(q.fit, 2, false), raw: (q) => q.fit, name: 'fit_vol' },
  { head: 'Mid \u2212 fit, pts', cell: (q) => f.points(q.residual), raw: (q) => q.residual, name: 'mid_minus_fit_vol' },
  { head: 'State', cell: stateOf, raw: stateOf, name: 'state', text: true },
];

function smileSummary(u, s) {
  const n = counts(s);
  return `${u.name} smile of ${f.expiryName(s.expiry)}, ${f.days(s.years)} to expiry: at-the-money vol ${f.percent(s.atmVol)}, ${n.used} of ${n.seen} quotes used, `
    + `fit inside bid-ask for ${f.percent(s.insideBidAsk)} of them, RMS error ${f.points(s.rmseVol, 2, false)} vol points.${s.degraded ? ` Degraded: ${s.degraded}.` : ''}`;
}

function factsOf(s) {
  const n = counts(s);
  const fact = (name, value) => [h('dt', {}, name), h('dd', {}, value)];
  return h('section.frame', { 'aria-label': 'Facts of this expiry' },
    h('div.head', {}, h('h2', {}, f.expiryName(s.expiry)), h('span.unit', { title: f.local(s.expiry) }, f.utc(s.expiry).slice(0, 16), ' UTC')),
    s.degraded ? h('p.notice', {}, h('b', {}, 'Degraded: '), s.degraded) : null,
    h('dl.facts', {},
      fact('Time to expiry', f.days(s.years)), fact('Years', f.number(s.years, 5)), fact('Forward', f.price(s.forward)), fact('ATM vol', f.percent(s.atmVol, 2)),
      h('div.rule'),
      fact('Quotes seen', f.number(n.seen)), fact('Used', f.number(n.used)), n.reasons.map(([reason, count]) => fact(`\u2013 ${reason}`, f.number(count))),
      h('div.rule'),
      fact('Inside bid-ask', f.percent(s.insideBidAsk)), fact('RMS error', s.rmseVol === null ? '\u2014' : `${f.points(s.rmseVol, 2, false)} pts`), fact('Least g', s.minG === null ? '\u2014' : f.number(s.minG, 4, true)),
      s.parameters.length ? h('div.rule') : null,
      s.parameters.map(({ key, value }) => fact(key, Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-4) ? value.toExponential(3) : f.number(value, 5)))));
}

function drawSmiles(view, u, c) {
  const s = slice();
  const showQuarantined = state.quarantined === 'show';
  const d = prepare(s, state.x, state.range);
  view.append(h('div.tools', {},
    segments('x axis', [['k', 'log-moneyness'], ['strike', 'strike'], ['delta', 'delta']], state.x, (x) => set({ x })),
    segments('Range', [['all', 'all quotes'], ['belly', '5\u201395\u0394']], state.range, (range) => set({ range })),
    segments('Quarantined', [['show', 'show'], ['hide', 'hide']], state.quarantined, (quarantined) => set({ quarantined })),
    segments('Small charts', [['own', 'own scale'], ['shared', 'one scale']], state.scale, (scale) => set({ scale }))));
  const notes = [];
  if (d.curve.length === 0) notes.push('No curve: nothing could be fitted to this expiry.');
  if (d.quotes.length === 0) notes.push('No quotes on the board for this expiry.');
  if (d.unpriced) notes.push(`${d.unpriced} quotes without bid and ask are in the table only.`);
  if (d.beyond) notes.push(`${d.beyond} quotes lie outside the vertical range.`);
  const big = frame(u, {
    title: `${u.name} ${f.expiryName(s.expiry)}`, unit: `implied vol in % a year, by ${AXES[state.x].name}; below: quote minus fit in vol points`,
    summary: smileSummary(u, s), height: 500, legend: smileLegend(c), columns: quoteColumns(), rows: d.quotes, file: fileName(u, `smile-${f.expiryName(s.expiry)}`),
    note: notes.length ? h('p.age', {}, notes.join(' ')) : null,
  });
  view.append(h('div.columns.smile', {}, big.box, factsOf(s)));
  mount(big.chart, bigOption(d, state.x, c, showQuarantined));

  const prepared = u.slices.map((each) => prepare(each, state.x, state.range));
  const shared = [Math.min(...prepared.map((p) => p.low)), Math.max(...prepared.map((p) => p.high))];
  const cards = prepared.map((p) => {
    const n = counts(p.slice);
    const chart = h('div.chart', { 'aria-hidden': 'true', css: { height: '150px' } });
    const selected = p.slice === s;
    const card = h('button.card', { type: 'button', 'aria-pressed': String(selected), 'aria-label': smileSummary(u, p.slice), onclick: () => { set({ e: expiryKey(p.slice) }); document.querySelector('.card[aria-pressed="true"]')?.focus({ preventScroll: true }); } },
      h('div.name', {}, h('b', {}, f.expiryName(p.slice.expiry)), h('span', {}, f.days(p.slice.years)), h('span.grow'),
        p.slice.degraded ? h('span.mark-warn', {}, '\u26a0 degraded') : h('span', {}, `ATM ${f.percent(p.slice.atmVol)}`)),
      chart,
      h('div.name', {}, h('span', {}, `${n.used}/${n.seen} quotes`), h('span.grow'), h('span', {}, p.slice.insideBidAsk === null ? 'no two-sided quotes' : `${f.percent(p.slice.insideBidAsk, 0)} inside`)));
    return { card, chart, p };
  });
  const rows = u.slices;
  const file = fileName(u, 'expiries');
  const details = h('details', {}, h('summary', {}, `Table (${rows.length} expiries)`));
  details.exportCsv = () => download(`${file}.csv`, csv(sliceColumns(), rows));
  details.addEventListener('toggle', () => details.open && details.children.length === 1 && details.append(h('button.plain', { type: 'button', onclick: details.exportCsv }, 'Save as CSV'), sliceTable(u, rows)));
  view.append(h('section.frame', { 'aria-label': 'All expiries' },
    h('div.head', {}, h('h2', {}, 'All expiries'), h('span.unit', {}, `implied vol in % a year, by ${AXES[state.x].name}; choose one to enlarge it`)),
    h('div.cards', { css: { marginTop: '10px' } }, cards.map(({ card }) => card)), h('p.age', {}, age(u)), details));
  for (const { chart, p } of cards) mount(chart, smallOption(p, state.x, c, showQuarantined, state.scale === 'shared' ? shared : [p.low, p.high]));
}

// ---- tables of expiries

function sliceColumns() {
  const reasons = (s) => counts(s).reasons.map(([r, n]) => `${n} ${r}`).join(', ');
  return [
    { head: 'Expiry', cell: (s) => f.expiryName(s.expiry), raw: (s) => s.expiry, name: 'expiry', text: true },
    { head: 'Left', cell: (s) => f.days(s.years), raw: (s) => s.years, name: 'years' },
    { head: 'Forward', cell: (s) => f.price(s.forward), raw: (s) => s.forward, name: 'forward' },
    { head: 'ATM vol %', cell: (s) => f.points(s.atmVol, 2, false), raw: (s) => s.atmVol, name: 'atm_vol' },
    { head: 'Seen', cell: (s) => f.number(counts(s).seen), raw: (s) => counts(s).seen, name: 'seen' },
    { head: 'Used', cell: (s) => f.number(counts(s).used), raw: (s) => counts(s).used, name: 'used' },
    { head: 'Inside bid-ask', cell: (s) => [f.percent(s.insideBidAsk), h('span.barbox', { 'aria-hidden': 'true' }, h('i', { css: { width: `${(s.insideBidAsk ?? 0) * 100}%` } }))], raw: (s) => s.insideBidAsk, name: 'inside_bid_ask' },
    { head: 'RMS, vol pts', cell: (s) => f.points(s.rmseVol, 2, false), raw: (s) => s.rmseVol, name: 'rmse_vol' },
    { head: 'Least g', cell: (s) => (s.minG === null ? '\u2014' : s.minG < 0 ? h('span.mark-bad', {}, `\u2717 ${f.number(s.minG, 4, true)}`) : f.number(s.minG, 4, true)), raw: (s) => s.minG, name: 'min_g' },
    { head: 'State', cell: (s) => (s.degraded ? h('span.mark-warn', {}, `\u26a0 ${s.degraded}`) : '\u2713 normal'), raw: (s) => s.degraded ?? 'normal', name: 'state', text: true },
    { head: 'Quarantined', cell: reasons, raw: reasons, name: 'quarantined', text: true },
  ];
}

const sliceTable = (u, rows) => table(`${u.name} expiries`, sliceColumns(), rows, (s) => ({
  class: s === slice() ? 'pick selected' : 'pick', onclick: () => set({ e: expiryKey(s), tab: 'smiles' }),
}));

// ---- term structure

function drawTerm(view, u, c, light) {
  const { term } = u;
  if (!term || term.years.length === 0) {
    view.append(h('p.notice.empty', {}, `No expiry of ${u.name} has a fitted curve, so there is no term structure. The Smiles view shows the quotes.`));
    return;
  }
  view.append(h('div.tools', {}, segments('Time axis', [['sqrt', '\u221a time'], ['linear', 'linear']], state.time, (time) => set({ time }))));
  const rows = term.years.map((years, i) => ({ years, atm: term.atmVol[i], forward: term.forward[i], rr: term.riskReversal25[i], bf: term.butterfly25[i], slice: u.slices.find((s) => Math.abs(s.years - years) < 1e-6) }));
  const lead = [
    { head: 'Expiry', cell: (r) => (r.slice ? f.expiryName(r.slice.expiry) : 'between'), raw: (r) => r.slice?.expiry ?? null, name: 'expiry', text: true },
    { head: 'Left', cell: (r) => f.days(r.years), raw: (r) => r.years, name: 'years' },
  ];
  const first = rows[0];
  const last = rows[rows.length - 1];
  const basis = (r) => (u.indexPrice === null ? null : (r.forward / u.indexPrice - 1) / r.years);
  const atm = frame(u, {
    title: 'At-the-money vol', unit: '% a year', height: 300, file: fileName(u, 'atm'),
    summary: `${u.name} at-the-money vol from ${f.percent(first.atm)} at ${f.days(first.years)} to ${f.percent(last.atm)} at ${f.days(last.years)}.`,
    columns: [...lead, { head: 'ATM vol %', cell: (r) => f.points(r.atm, 2, false), raw: (r) => r.atm, name: 'atm_vol' }], rows,
  });
  const skew = frame(u, {
    title: 'Skew and curvature', unit: '25-delta risk reversal and butterfly, vol points', height: 300, file: fileName(u, 'skew'),
    summary: `${u.name} 25-delta risk reversal from ${f.points(first.rr)} to ${f.points(last.rr)} vol points, butterfly from ${f.points(first.bf)} to ${f.points(last.bf)}.`,
    legend: h('ul.legend', {},
      h('li', {}, mark([['line', { x1: 1, x2: 19, y1: 7, y2: 7, stroke: c.inside, 'stroke-width': 2 }], ['circle', { cx: 10, cy: 7, r: 3.5, fill: c.inside }]]), 'risk reversal (call \u2212 put)'),
      h('li', {}, mark([['line', { x1: 1, x2: 19, y1: 7, y2: 7, stroke: c.outside, 'stroke-width': 2, 'stroke-dasharray': '5 3' }], ['polygon', { points: '10,3 14,7 10,11 6,7', fill: c.outside }]]), 'butterfly')),
    columns: [...lead, { head: 'RR 25\u0394, pts', cell: (r) => f.points(r.rr), raw: (r) => r.rr, name: 'risk_reversal_25' }, { head: 'BF 25\u0394, pts', cell: (r) => f.points(r.bf), raw: (r) => r.bf, name: 'butterfly_25' }], rows,
  });
  const forward = frame(u, {
    title: 'Forward', unit: 'quote currency per coin', height: 300, file: fileName(u, 'forward'),
    summary: `${u.name} forward from ${f.price(first.forward)} to ${f.price(last.forward)}, index ${f.price(u.indexPrice)}; basis of the last one ${f.percent(basis(last), 2, true)} a year.`,
    columns: [...lead, { head: 'Forward', cell: (r) => f.price(r.forward), raw: (r) => r.forward, name: 'forward' }, { head: 'Basis, % a year', cell: (r) => f.points(basis(r)), raw: basis, name: 'basis_per_year' }], rows,
  });
  const curves = u.slices.filter((s) => s.curve.vol.length > 1);
  const variance = frame(u, {
    title: 'Total variance', unit: 'vol\u00b2 \u00d7 years; lines that cross are calendar arbitrage', height: 300, file: fileName(u, 'variance'),
    summary: `${u.name} total variance by log-moneyness for ${curves.length} expiries; ${u.arbitrage === null ? 'calendar order was not checked' : `${u.arbitrage.calendarViolations} calendar violations`}.`,
    columns: [{ head: 'Expiry', cell: (r) => f.expiryName(r.expiry), raw: (r) => r.expiry, name: 'expiry', text: true }, { head: 'Years', cell: (r) => f.number(r.years, 5), raw: (r) => r.years, name: 'years' }, { head: 'ATM total variance', cell: (r) => f.small(r.w), raw: (r) => r.w, name: 'atm_total_variance' }],
    rows: curves.map((s) => ({ expiry: s.expiry, years: s.years, w: s.atmVol === null ? null : s.atmVol ** 2 * s.years })),
  });
  view.append(h('div.columns.two', {}, atm.box, skew.box, forward.box, variance.box));
  mount(atm.chart, atmOption(term, state.time, c, u.slices));
  mount(skew.chart, skewOption(term, state.time, c, u.slices));
  mount(forward.chart, forwardOption(term, state.time, c, u.slices));
  mount(variance.chart, varianceOption(u.slices, c, light));
}

// ---- surface

function drawSurface(view, u, c) {
  const { grid } = u;
  if (!grid || grid.vol.length === 0) {
    view.append(h('p.notice.empty', {}, `${u.name} has no fitted surface to draw. The Smiles view shows the quotes.`));
    return;
  }
  const { axis, columns } = ordered(grid);
  const least = Math.min(...grid.vol);
  const most = Math.max(...grid.vol);
  const summary = `${u.name} implied vol by ${axis.name} and time, from ${f.percent(least)} to ${f.percent(most)}, ${f.days(grid.years[0])} to ${f.days(grid.years[grid.years.length - 1])}.`;
  const some = columns.length > 15 ? columns.filter((_, i) => i % Math.ceil(columns.length / 13) === 0 || i === columns.length - 1) : columns;
  const heat = frame(u, {
    title: 'Heat-map', unit: 'implied vol in % a year', height: 520, file: fileName(u, 'surface'), summary,
    columns: [{ head: 'Left', cell: (r) => f.days(r.years), raw: (r) => r.years, name: 'years' }, ...some.map((i) => ({ head: axis.label(grid.x[i]), cell: (r) => f.points(r.vol[i], 1, false), raw: (r) => r.vol[i] }))],
    rows: grid.years.map((years, row) => ({ years, vol: grid.vol.slice(row * grid.x.length, (row + 1) * grid.x.length) })),
  });
  if (!hasWebGl || grid.years.length < 2 || grid.x.length < 2) {
    view.append(h('p.notice', {}, hasWebGl ? 'One expiry is a curve, not a surface: no 3-D view.' : 'This browser has no WebGL, so the 3-D view is left out. The heat-map shows the same numbers.'), heat.box);
    mount(heat.chart, heatOption(grid, c));
    return;
  }
  const solid = frame(u, { title: '3-D', unit: 'implied vol in %; drag to turn, scroll to zoom', height: 520, summary: `${summary} The heat-map beside it has the same numbers as a table.` });
  view.append(h('div.columns.two', {}, heat.box, solid.box));
  mount(heat.chart, heatOption(grid, c));
  mount(solid.chart, surfaceOption(grid, c), 'canvas');
}

// ---- arbitrage and fit

function drawQuality(view, u) {
  const a = u.arbitrage;
  const worst = (point, name, digits) => (point === null ? '\u2014' : [h('span', {}, `${name} ${Math.abs(point.value) < 10 ** -digits ? f.small(point.value) : f.number(point.value, digits, true)}`), h('br'), h('small', {}, `${f.expiryName(point.expiry)}, ${point.logMoneyness === null ? 'in the wing' : `k ${f.number(point.logMoneyness, 3, true)}`}`)]);
  const panel = a === null
    ? h('p.notice.empty', {}, 'This surface was not checked for arbitrage: ', h('code', {}, 'pms surface check'))
    : table(`${u.name} arbitrage check`, [
      { head: 'Condition', cell: (r) => r.name, text: true }, { head: 'Means', cell: (r) => r.means, text: true }, { head: 'Violations', cell: (r) => verdict(r.count === 0, '0', f.number(r.count)) }, { head: 'Least value', cell: (r) => r.worst },
    ], [
      { name: 'Butterfly', means: 'density \u2265 0: g(k) \u2265 0 on every slice', count: a.butterflyViolations, worst: worst(a.worstButterfly, 'g', 4) },
      { name: 'Calendar', means: 'total variance never falls with time', count: a.calendarViolations, worst: worst(a.worstCalendar, '\u0394w', 5) },
    ]);
  const reasons = new Map();
  for (const s of u.slices) for (const [reason, n] of counts(s).reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + n);
  const total = u.slices.reduce((n, s) => n + s.quotes.length, 0);
  const file = fileName(u, 'expiries');
  const quality = h('section.frame', {},
    h('div.head', {}, h('h2', {}, 'Fit by expiry'), h('span.unit', {}, 'inside bid-ask: share of used two-sided quotes with 5\u201395 delta; RMS of mid minus fit, vol points'), h('span.grow'),
      h('button.plain', { type: 'button', onclick: () => download(`${file}.csv`, csv(sliceColumns(), u.slices)) }, 'Save as CSV')),
    sliceTable(u, u.slices), h('p.age', {}, age(u)));
  quality.exportCsv = () => download(`${file}.csv`, csv(sliceColumns(), u.slices));
  view.append(
    h('div.columns.two', {},
      h('section.frame', {}, h('div.head', {}, h('h2', {}, 'Arbitrage'), h('span.unit', {}, a === null ? '' : `${a.scope}${u.fitMicroseconds === null ? '' : `; fitted in ${f.number(u.fitMicroseconds)} \u00b5s`}`)), panel, h('p.age', {}, age(u))),
      h('section.frame', {}, h('div.head', {}, h('h2', {}, 'Quarantined quotes'), h('span.unit', {}, 'count and share of quotes seen')),
        reasons.size === 0 ? h('p.notice.empty', {}, 'None: every quote took part in the fit.') : table(`${u.name} quarantine`, [
          { head: 'Reason', cell: (r) => r[0], text: true }, { head: 'Quotes', cell: (r) => f.number(r[1]) }, { head: 'Share', cell: (r) => f.percent(r[1] / total) },
        ], [...reasons].sort((x, y) => y[1] - x[1])), h('p.age', {}, age(u)))),
    quality);
}

// ---- keys

const KEYS = [['1 2 3 4', 'views'], ['j k', 'next, previous expiry'], ['u', 'next underlying'], ['x', 'x axis: log-moneyness, strike, delta'], ['r', 'range: all quotes, 5\u201395 delta'], ['q', 'show or hide quarantined quotes'], ['t', 'theme'], ['e', 'save the table of this view as CSV'], ['?', 'this list'], ['Esc', 'close']];

function help() {
  const dialog = document.getElementById('help');
  dialog.replaceChildren(h('h2', { id: 'help-title' }, 'Keys'), h('dl', {}, KEYS.map(([key, what]) => [h('dt', {}, key.split(' ').map((k) => [h('kbd', {}, k), ' '])), h('dd', {}, what)])),
    h('p.age', {}, 'Ctrl and wheel zooms the smile, drag moves it. The address holds the whole view: copy it to share.'), h('form', { method: 'dialog' }, h('button.plain', {}, 'Close')));
  dialog.showModal();
}

const next = (key) => CHOICES[key][(CHOICES[key].indexOf(state[key]) + 1) % CHOICES[key].length];

function moveExpiry(step) {
  const { slices } = underlying();
  const i = slices.indexOf(slice());
  if (slices.length) set({ e: expiryKey(slices[Math.min(slices.length - 1, Math.max(0, i + step))]) });
}

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') || model.underlyings.length === 0) return;
  const actions = {
    j: () => moveExpiry(1), k: () => moveExpiry(-1),
    u: () => set({ u: model.underlyings[(model.underlyings.indexOf(underlying()) + 1) % model.underlyings.length].name, e: '' }),
    x: () => set({ x: next('x') }), r: () => set({ range: next('range') }), q: () => set({ quarantined: next('quarantined') }), t: () => set({ theme: next('theme') }),
    e: () => [...main.querySelectorAll('details, section')].find((element) => element.exportCsv)?.exportCsv(), '?': help,
  };
  const action = actions[event.key] ?? (TABS[Number(event.key) - 1] ? () => set({ tab: TABS[Number(event.key) - 1][0] }) : null);
  if (!action) return;
  event.preventDefault();
  action();
});

addEventListener('hashchange', () => { readHash(); draw(); });
watch(draw);
readHash();
draw();
