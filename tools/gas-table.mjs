// Writes the figures of contracts/gas into the tables of docs/gas.md, between its two marks.
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const gas = JSON.parse(readFileSync(new URL('contracts/gas/house.json', root), 'utf8'));
const liquidation = JSON.parse(readFileSync(new URL('contracts/gas/liquidation.json', root), 'utf8'));
const page = new URL('docs/gas.md', root);
const shown = (value) => Number(value).toLocaleString('en-US');
const from = (figures, what, size) => {
  const key = `${what} ${String(size).padStart(3, '0')}`;
  if (!(key in figures)) throw new Error(`contracts/gas has no "${key}"; run make gas`);
  return shown(figures[key]);
};
const at = (what, size) => from(gas, what, size);
// Derive v2, measured: margin check by number of options in the account.
const derive = { 1: '930,000', 16: '5,500,000', 64: '20,700,000', 127: '41,800,000' };
const rows = [1, 4, 16, 32, 64, 127].map((size) =>
  `| ${size} | ${at('trade, both hold', size)} | ${at('withdrawal, holding', size)} | ${at('margin check, holding', size)} | ${derive[size] ?? ''} |`);
// Derive v2's auction with 64 options, measured: start and bid.
const auction = { 64: '5,000,000; 15,500,000' };
const sales = [1, 4, 16, 32, 64, 127].map((size) => `| ${size} | ${['start', 'bid', 'second bid', 'take-over', 'division', 'one leg deleveraged', 'all legs deleveraged'].map((what) => from(liquidation, `${what}, holding`, size)).join(' | ')} | ${auction[size] ?? ''} |`);
const others = Object.keys(gas).filter((key) => !/(hold|holding) \d{3}$/.test(key)).map((key) => `| ${key} | ${shown(gas[key])} |`);
const table = [
  '| positions held | trade of two accounts | withdrawal | margin check | Derive v2: margin check |', '| --- | --- | --- | --- | --- |', ...rows, '',
  '| positions held | auction started | share taken | a second share | whole account taken over | share written out | one leg deleveraged | all of them | Derive v2: start; bid |', '| --- | --- | --- | --- | --- | --- | --- | --- | --- |', ...sales, '',
  '| other calls | gas |', '| --- | --- |', ...others,
].join('\n');
const text = readFileSync(page, 'utf8');
const [begin, end] = ['<!-- figures -->', '<!-- end of figures -->'];
if (!text.includes(begin) || !text.includes(end)) throw new Error(`docs/gas.md lacks the mark ${begin} or ${end}`);
writeFileSync(page, `${text.slice(0, text.indexOf(begin) + begin.length)}\n${table}\n${text.slice(text.indexOf(end))}`);
