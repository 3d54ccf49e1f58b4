// Elements without markup strings: data from a board reach the page as text nodes only.

/** @param {string} spec tag with optional .classes  @param {object} [attributes] on* are listeners  @param {...*} children */
export function h(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split('.');
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'css') Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

/** A small drawing for legends. */
export function svg(width, height, ...shapes) {
  const ns = 'http://www.w3.org/2000/svg';
  const root = document.createElementNS(ns, 'svg');
  root.setAttribute('width', width);
  root.setAttribute('height', height);
  root.setAttribute('aria-hidden', 'true');
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(ns, tag);
    for (const [k, v] of Object.entries(attributes)) shape.setAttribute(k, v);
    root.append(shape);
  }
  return root;
}

/** One choice of a few. Arrow keys move as in any radio group. */
export function segments(label, options, current, choose, strong = false) {
  const buttons = options.map(([value, text, title]) =>
    h('button', { type: 'button', role: 'radio', 'aria-checked': String(value === current), tabindex: value === current ? 0 : -1, title, onclick: () => choose(value) }, text));
  const group = h('div', { role: 'radiogroup', 'aria-label': label }, buttons);
  group.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const i = options.findIndex(([value]) => value === current);
    choose(options[(i + step + options.length) % options.length][0]);
  });
  return h(strong ? 'div.segments.strong' : 'div.segments', {}, strong ? null : h('span', { 'aria-hidden': 'true' }, label), group);
}

/** Columns: {head, cell(row) -> string or Node, raw(row) -> value for CSV, text: left-aligned}. */
export function table(caption, columns, rows, rowAttributes = () => ({})) {
  return h('div.tablebox', { tabindex: 0, role: 'region', 'aria-label': caption },
    h('table', { 'aria-label': caption },
      h('thead', {}, h('tr', {}, columns.map((c) => h(c.text ? 'th.text' : 'th', { scope: 'col' }, c.head)))),
      h('tbody', {}, rows.map((row) => h('tr', rowAttributes(row), columns.map((c) => h(c.text ? 'td.text' : 'td', {}, c.cell(row))))))));
}

/** A cell that a spreadsheet would run as a formula is quoted as text; line ends and quotes by RFC 4180. */
export function csv(columns, rows) {
  const field = (value) => {
    if (value === null || value === undefined) return '';
    if (typeof value === 'number') return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map((c) => field(c.name ?? c.head)), ...rows.map((r) => columns.map((c) => field(c.raw(r))))];
  return `${lines.map((l) => l.join(',')).join('\r\n')}\r\n`;
}

export function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = h('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
