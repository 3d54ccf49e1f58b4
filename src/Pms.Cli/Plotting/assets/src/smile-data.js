// Where quotes and curves stand on the chosen axis, and what of them is in view.
import * as f from './format.js';

/** Standard normal distribution, Abramowitz and Stegun 26.2.17 (error below 7.5e-8): it places marks on the delta axis, nothing is priced with it. */
function normal(x) {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail = Math.exp((-x * x) / 2) * 0.3989422804014327 * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x >= 0 ? 1 - tail : tail;
}

/** Undiscounted call delta N(d1). */
export const callDelta = (k, vol, years) => normal(-k / (vol * Math.sqrt(years)) + (vol * Math.sqrt(years)) / 2);

/** Fitted vol at k, linear between samples, flat outside; null without a curve. */
export function volAt(curve, k) {
  const { logMoneyness: ks, vol } = curve;
  if (ks.length === 0) return null;
  if (k <= ks[0]) return vol[0];
  if (k >= ks[ks.length - 1]) return vol[vol.length - 1];
  let low = 0;
  let high = ks.length - 1;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (ks[mid] <= k) low = mid;
    else high = mid;
  }
  return vol[low] + ((vol[high] - vol[low]) * (k - ks[low])) / (ks[high] - ks[low]);
}

export const AXES = {
  k: { name: 'log-moneyness k = ln(strike / forward)', short: 'k', label: (v) => f.number(v, 2, true) },
  strike: { name: 'strike', short: 'K', label: (v) => f.price(v) },
  delta: { name: 'call delta, undiscounted (P: put side, C: call side)', short: '\u0394', label: (v) => deltaName(v) },
};

/** x runs from deep puts (0) to deep calls (100): 25P, 50, 25C. */
function deltaName(x) {
  const r = Math.round(x * 10) / 10;
  return r === 50 ? '50\u0394' : r < 50 ? `${r}P` : `${Math.round((100 - r) * 10) / 10}C`;
}

/** Annotates a slice for drawing: x of every quote and curve sample, mid, residual, delta, and the span in view. */
export function prepare(slice, axis, range) {
  const deltaOf = (k) => {
    const vol = volAt(slice.curve, k) ?? slice.atmVol ?? middleVol(slice);
    return vol ? callDelta(k, vol, slice.years) : k < 0 ? 1 : 0;
  };
  const x = { k: (k) => k, strike: (k, s) => s, delta: (k) => 100 * (1 - deltaOf(k)) }[axis];
  const quotes = slice.quotes.map((q) => {
    if (q.logMoneyness === null) return { ...q, x: null, mid: null, fit: null, delta: null, residual: null, belly: false, any: null };
    const mid = q.bidVol !== null && q.askVol !== null ? (q.bidVol + q.askVol) / 2 : null;
    const fit = q.fitVol ?? volAt(slice.curve, q.logMoneyness);
    const delta = deltaOf(q.logMoneyness);
    return { ...q, x: x(q.logMoneyness, q.strike), mid, fit, delta, residual: mid !== null && fit !== null ? mid - fit : null, belly: delta >= 0.05 && delta <= 0.95, any: q.bidVol ?? q.askVol };
  }).sort((a, b) => a.strike - b.strike);
  const curve = slice.curve.logMoneyness.map((k, i) => [x(k, slice.curve.strike[i]), slice.curve.vol[i], k]);

  const shown = quotes.filter((q) => q.any !== null && (range === 'all' || q.belly));
  const core = shown.filter((q) => q.quarantined === null);
  const spanOf = core.length > 1 ? core : shown.length > 1 ? shown : null;
  let [from, to] = spanOf ? [Math.min(...spanOf.map((q) => q.x)), Math.max(...spanOf.map((q) => q.x))] : curve.length ? [curve[0][0], curve[curve.length - 1][0]] : [0, 1];
  if (range === 'belly' && curve.length) {
    const belly = curve.filter(([, , k]) => { const d = deltaOf(k); return d >= 0.05 && d <= 0.95; });
    if (belly.length > 1) [from, to] = [belly[0][0], belly[belly.length - 1][0]];
  }
  const pad = (to - from || Math.abs(to) || 1) * 0.04;
  [from, to] = axis === 'delta' ? (range === 'belly' ? [3, 97] : [0, 100]) : [from - pad, to + pad];

  const inView = (v) => v >= from && v <= to;
  const curveView = curve.filter(([v]) => inView(v));
  // The scale follows the curve and the two-sided quotes: a lone ask of a deep in-the-money option may stand at five times the vol, and one wild wing
  // quote must not flatten the smile. Bars may leave the picture, the fitted curve may not.
  const twoSided = core.filter((q) => q.mid !== null);
  const vols = [...(twoSided.length ? twoSided : core.length ? core : shown).flatMap((q) => [q.bidVol, q.askVol]), ...curveView.map(([, v]) => v)].filter((v) => v !== null && v !== undefined);
  let low = vols.length ? Math.min(...vols) : 0;
  let high = vols.length ? Math.max(...vols) : 1;
  if (curveView.length) {
    low = Math.max(low, Math.min(...curveView.map(([, v]) => v)) * 0.72);
    high = Math.min(high, Math.max(...curveView.map(([, v]) => v)) * 1.25);
  }
  const room = (high - low || high || 0.1) * 0.06;
  const beyond = shown.filter((q) => inView(q.x) && (Math.min(q.bidVol ?? q.askVol, q.askVol ?? q.bidVol) > high + room || Math.max(q.bidVol ?? 0, q.askVol ?? 0) < low - room)).length;
  return { slice, quotes, curve, shown, from, to, low: Math.max(0, low - room), high: high + room, beyond, unpriced: quotes.filter((q) => q.any === null).length };
}

function middleVol(slice) {
  const vols = slice.quotes.map((q) => q.bidVol ?? q.askVol).filter((v) => v !== null).sort((a, b) => a - b);
  return vols.length ? vols[vols.length >> 1] : null;
}

export function counts(slice) {
  const used = slice.quotes.filter((q) => q.quarantined === null);
  const reasons = new Map();
  for (const q of slice.quotes) if (q.quarantined !== null) reasons.set(q.quarantined, (reasons.get(q.quarantined) ?? 0) + 1);
  return { seen: slice.quotes.length, used: used.length, quarantined: slice.quotes.length - used.length, reasons: [...reasons].sort((a, b) => b[1] - a[1]) };
}

export const stateOf = (q) => (q.quarantined !== null ? `quarantined: ${q.quarantined}` : q.inside === true ? 'used, fit inside' : q.inside === false ? 'used, fit outside' : 'used, one-sided');
