// Bundles src/main.js with the charts it uses into one classic script, ready to be inlined in a page.
// usage: node build.js OUTPUT_FILE   (run from a folder that holds node_modules; the project's build does so)
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = process.cwd();
const output = resolve(process.argv[2] ?? 'page.js');
const { build } = createRequire(join(modules, 'package.json'))('esbuild');

// echarts-gl names files of echarts and zrender without their ending, which the export maps of their current versions want.
const withEnding = {
  name: 'with-ending',
  setup({ onResolve, resolve: resolveAs }) {
    onResolve({ filter: /^(echarts|zrender)\/lib\// }, ({ path, resolveDir, kind }) =>
      (path.endsWith('.js') ? null : resolveAs(`${path}.js`, { resolveDir, kind })));
  },
};

// claygl makes functions from strings like 'expr(width * 1.0 / 2)' while the page runs; the page's content policy forbids that, so they are made here.
const withoutEval = {
  name: 'without-eval',
  setup({ onLoad }) {
    const replaceAll = (path, pattern, replacement) => {
      const before = readFileSync(path, 'utf8');
      const after = before.replace(pattern, replacement);
      if (after === before) throw new Error(`${path} does not hold ${pattern}: the page's chart library has changed`);
      return { contents: after, loader: 'js' };
    };
    onLoad({ filter: /echarts-gl[\\/]lib[\\/]effect[\\/]composite\.js$/ }, ({ path }) =>
      replaceAll(path, /(['"])expr\(([\w\s*/.,[\]]*)\)\1/g, '(width, height) => ($2)'));
    onLoad({ filter: /claygl[\\/]src[\\/]createCompositor\.js$/ }, ({ path }) =>
      replaceAll(path, /function tryConvertExpr\(string\) \{[\s\S]*?\n\}/, "function tryConvertExpr(value) { return typeof value === 'function' ? value : undefined; }"));
  },
};

await build({
  entryPoints: [join(here, 'src', 'main.js')],
  outfile: output,
  nodePaths: [join(modules, 'node_modules')],
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  charset: 'ascii',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  banner: { js: '/* Charts: Apache ECharts 6.1.0 and zrender (Apache-2.0, BSD-3-Clause), ECharts GL 2.1.0 and ClayGL (BSD-3-Clause, BSD-2-Clause). */' },
  plugins: [withEnding, withoutEval],
  logLevel: 'warning',
});

const script = readFileSync(output, 'utf8');
for (const [pattern, meaning] of [[/<\/script|<!--/i, 'a script or comment tag: it cannot be inlined'], [/new Function|[^\w.]eval\(|expr\(/, 'code made from strings: the content policy forbids it']]) {
  if (pattern.test(script)) throw new Error(`${output} holds ${meaning}`);
}
