// Numbers and times as people read them. Every number that reaches the screen passes here.
const MINUS = '\u2212';
const THIN = '\u2009';

/** @returns {string} fixed digits, thin spaces between thousands, a real minus sign; an em dash for null */
export function number(value, digits = 0, signed = false) {
  if (value === null || value === undefined) return '\u2014';
  const text = Math.abs(value).toFixed(digits);
  const [whole, fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, THIN);
  const isZero = Number(text) === 0;
  const sign = value < 0 && !isZero ? MINUS : signed && !isZero ? '+' : '';
  return sign + grouped + (fraction ? `.${fraction}` : '');
}

/** Vol or share, decimal in, per cent out. */
export const percent = (value, digits = 1, signed = false) => (value === null || value === undefined ? '\u2014' : `${number(value * 100, digits, signed)}${THIN}%`);

/** A difference of vols in vol points. */
export const points = (value, digits = 2, signed = true) => (value === null || value === undefined ? '\u2014' : number(value * 100, digits, signed));

export const price = (value) => (value === null || value === undefined ? '\u2014' : number(value, value >= 1000 ? 0 : value >= 10 ? 2 : 4));

/** Strikes are listed numbers: as many digits as they have, at most six. */
export const strike = (value) => number(value, Number.isInteger(value) ? 0 : Math.min(6, (String(Number(value.toPrecision(9))).split('.')[1] ?? '').length));

export const small = (value) => (value === null || value === undefined ? '\u2014' : value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1).replace('-', MINUS).replace('e-', `e${MINUS}`) : number(value, 4));

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/** As the venue names it: 2AUG26. */
export function expiryName(iso) {
  const d = new Date(iso);
  return `${d.getUTCDate()}${MONTHS[d.getUTCMonth()]}${String(d.getUTCFullYear()).slice(2)}`;
}

export const days = (years) => {
  const d = years * 365;
  return d < 1 ? `${number(d * 24, 1)}${THIN}h` : `${number(d, d < 10 ? 1 : 0)}${THIN}d`;
};

export const utc = (iso) => `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
export const local = (iso) => `${new Date(iso).toLocaleString()} (your time)`;

export const seconds = (s) => (s < 120 ? `${number(s, s < 10 ? 1 : 0)}${THIN}s` : s < 7200 ? `${number(s / 60)}${THIN}min` : `${number(s / 3600, 1)}${THIN}h`);
