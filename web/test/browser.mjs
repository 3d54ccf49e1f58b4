/** What the tests in a browser share: Debian's Chromium (CHROMIUM names another), counted steps, pages that fail on any error of their own, axe. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
export const shots = fileURLToPath(new URL('../artifacts/', import.meta.url))
mkdirSync(shots, { recursive: true })

const executablePath = process.env.CHROMIUM ?? execFileSync('sh', ['-c', 'command -v chromium || command -v chromium-browser || command -v google-chrome']).toString().trim()
export const launch = () => chromium.launch({ executablePath, args: ['--no-sandbox'] })

let passed = 0
const failed = []

/** One line of the result, which tools/test.sh counts. */
export async function step(name, run) {
  const began = Date.now()
  try {
    await run()
    passed++
    console.log(`ok   ${name} (${Date.now() - began} ms)`)
  } catch (error) {
    failed.push(name)
    console.log(`FAIL ${name}\n${error.message}`)
  }
}

export function finish() {
  console.log(`${passed} passed, ${failed.length} failed`)
  process.exitCode = failed.length > 0 ? 1 : 0
}

/** A page that fails the run on any error of its own and on any request beyond the server. `atMs` sets the browser's clock. */
export async function openPage(browser, colorScheme, at, path, { expects = [], atMs } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] })
  await context.addInitScript(scheme => { if (!localStorage.getItem('pms.colours')) localStorage.setItem('pms.colours', scheme) }, colorScheme)
  const page = await context.newPage()
  if (atMs !== undefined) await page.clock.setFixedTime(atMs)
  const errors = []
  page.on('console', message => { if (message.type() === 'error' && !expects.some(text => `${message.text()} ${message.location().url}`.includes(text))) errors.push(`${message.text()} ${message.location().url}`) })
  page.on('pageerror', error => errors.push(error.message))
  page.on('request', request => { if (!request.url().startsWith(at) && !/^(blob|data):/.test(request.url())) errors.push(`asked ${request.url()}`) })
  await page.goto(at + path)
  await page.locator('h1').waitFor()
  return { page, errors, close: async () => { assert.deepEqual(errors, [], `${colorScheme} ${path}`); await context.close() } }
}

/** Until no skeleton stands on the page. */
export const settle = page => page.waitForFunction(() => document.querySelector('main h1') && !document.querySelector('main [aria-label^="Loading"], main .mantine-Skeleton-root'), undefined, { timeout: 30_000 })

/** No serious or critical finding. */
export async function axe(page, name) {
  // Between steps the page's policy holds; axe is put in by the debugger, which the policy does not bind.
  await page.evaluate(axeSource)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }))
  const bad = violations.filter(each => each.impact === 'serious' || each.impact === 'critical')
  assert.deepEqual(bad.map(each => `${each.id}: ${each.nodes.slice(0, 3).map(node => `${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`).join(' | ')}`), [], name)
}
