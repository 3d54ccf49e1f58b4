// Colours of the charts. Gain and loss were chosen to stay apart for every kind of colour vision; shape or word always repeats them.
export const VIRIDIS = ['#440154', '#482878', '#3e4989', '#31688e', '#26828e', '#1f9e89', '#35b779', '#6ece58', '#b5de2b', '#fde725'];

const DARK = { bg: '#10141b', panel: '#171d27', text: '#e8ecf2', muted: '#a3afbf', line: '#2c3746', fit: '#ffffff', inside: '#56b4e9', outside: '#e69f00', quarantined: '#8995a6', ok: '#2fb68e', danger: '#ff6b57', tip: '#1f2733' };
const LIGHT = { bg: '#ffffff', panel: '#ffffff', text: '#16202c', muted: '#525d6b', line: '#dfe4ea', fit: '#101820', inside: '#0065a8', outside: '#a85600', quarantined: '#76818f', ok: '#0b6e53', danger: '#b3261e', tip: '#ffffff' };

const system = matchMedia('(prefers-color-scheme: light)');
let printing = false;

export const isLight = (choice) => printing || choice === 'light' || (choice === 'system' && system.matches);
export const colours = (choice) => (isLight(choice) ? LIGHT : DARK);

export function watch(redraw) {
  system.addEventListener('change', redraw);
  addEventListener('beforeprint', () => { printing = true; redraw(); });
  addEventListener('afterprint', () => { printing = false; redraw(); });
}

/** Viridis at t in 0..1; on a dark ground its darkest fifth is left out for lines. */
export function viridis(t, light) {
  const x = (light ? t * 0.86 : 0.22 + t * 0.78) * (VIRIDIS.length - 1);
  const i = Math.min(VIRIDIS.length - 2, Math.floor(x));
  const part = (c, at) => parseInt(c.slice(at, at + 2), 16);
  const mix = [1, 3, 5].map((at) => Math.round(part(VIRIDIS[i], at) + (part(VIRIDIS[i + 1], at) - part(VIRIDIS[i], at)) * (x - i)));
  return `#${mix.map((v) => v.toString(16).padStart(2, '0')).join('')}`;
}
