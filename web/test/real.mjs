/**
 * Every page in a browser over the real server: `pms serve` on a made-up market, from the built command line (PMS_DLL, or artifacts/ of this tree), with the
 * pages as they are published. Numbers are alive, no error on the console, no serious finding of axe in dark and light, the keyboard's way to an account, and
 * stale within 3 s of the server's being stopped or killed. PMS_LONG=1 does the same over `pms demo`: batches, and an attestation verified in the browser.
 * Screenshots go to web/artifacts.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'
import { axe, finish, launch, openPage, settle, shots, step } from './browser.mjs'

const dll = process.env.PMS_DLL ?? fileURLToPath(new URL('../../artifacts/bin/Pms.Cli/release/pms.dll', import.meta.url))
assert.ok(existsSync(dll), `${dll} is not there: make build, or name it in PMS_DLL`)
const dist = fileURLToPath(new URL('../dist', import.meta.url))

/** A command of the built binary that serves; what it prints first is its address. */
async function start(...words) {
  const data = mkdtempSync(join(tmpdir(), 'pms-web-'))
  const child = spawn('dotnet', [dll, ...words, '--port', '0', '--data', data, '--web', dist, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', chunk => { said += chunk })
  const ended = new Promise(resolve => child.once('exit', resolve))
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => { const { url: given } = JSON.parse(line); if (given) resolve(given.replace(/\/$/, '')) })
    void ended.then(code => reject(new Error(`pms ${words[0]} ended with ${code}: ${said}`)))
  })
  return { url, child, end: async () => { child.kill('SIGCONT'); child.kill('SIGTERM'); const late = setTimeout(() => child.kill('SIGKILL'), 5_000); await ended; clearTimeout(late); rmSync(data, { recursive: true, force: true }) } }
}

const ask = async (server, path) => { const response = await fetch(`${server.url}/api/v1${path}`); return response.ok ? response.json() : undefined }

async function until(what, withinMs, read) {
  const end = Date.now() + withinMs
  for (;;) {
    const found = await read().catch(() => undefined)
    if (found) return found
    if (Date.now() > end) throw new Error(`${what}: not within ${withinMs / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}

const epochIn = async page => Number((/epoch ([\d,]+)/.exec(await page.locator('.strip').textContent()) ?? [])[1]?.replaceAll(',', ''))

/** Each page, in dark and then in light: one load serves both. */
async function visit(browser, server, pages, kind) {
  const { page, errors, close } = await openPage(browser, 'dark', server.url, '/')
  for (const [name, path] of Object.entries(pages)) {
    await step(`${kind} ${name}, dark and light`, async () => {
      errors.length = 0
      await page.goto(server.url + path)
      await page.locator('h1').waitFor()
      await settle(page)
      assert.equal(await page.locator('main [role="alert"]').count(), 0, await page.locator('main').textContent())
      for (const scheme of ['Dark', 'Light']) {
        await page.locator('header label', { hasText: new RegExp(`^${scheme}$`) }).click()
        await page.screenshot({ path: `${shots}${kind}-${name}-${scheme.toLowerCase()}.png`, fullPage: true })
        await axe(page, `${name}, ${scheme}`)
      }
      assert.deepEqual(errors, [], name)
    })
  }
  await page.locator('header label', { hasText: /^Dark$/ }).click()
  await close()
}

const screens = { overview: '/', accounts: '/accounts', surface: '/surface', relief: '/surface?view=relief', scenarios: '/scenarios', liquidations: '/liquidations', keepers: '/keepers', chain: '/chain', parameters: '/parameters', governance: '/governance', alerts: '/alerts', health: '/health' }

const browser = await launch()
try {
  const server = await start('serve', '--feed', 'sim', '--accounts', '40')
  try {
    const [first] = (await until('the first epoch', 60_000, () => ask(server, '/accounts?limit=1&state=healthy'))).items
    const option = (await ask(server, '/instruments')).items.find(each => each.kind !== 'perpetual' && each.strike !== undefined && each.bid !== undefined)
    const path = `/accounts/${encodeURIComponent(first.account)}`
    await visit(browser, server, { ...screens, account: path, builder: `/builder?account=${encodeURIComponent(first.account)}&basket=${option.instrument}:1` }, 'real')

    await step('numbers are alive: the epoch rises by itself', async () => {
      const { page, close } = await openPage(browser, 'dark', server.url, '/')
      await settle(page)
      const before = await until('an epoch', 10_000, async () => await epochIn(page) || undefined)
      await until('a later epoch', 20_000, async () => await epochIn(page) > before)
      await close()
    })

    await step('other parameters on all accounts: the server answers', async () => {
      const { page, close } = await openPage(browser, 'dark', server.url, '/parameters?try=measure.initialFactor:4')
      await settle(page)
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await page.getByText(/would be called|No account would be worse off/).waitFor()
      await page.getByRole('table', { name: 'All accounts before and after' }).waitFor()
      await close()
    })

    await step('the keyboard leads to an account', async () => {
      const { page, close } = await openPage(browser, 'dark', server.url, '/')
      await settle(page)
      await page.keyboard.press('g')
      await page.keyboard.press('a')
      await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor()
      await settle(page)
      await page.keyboard.press('j')
      const name = await page.evaluate(() => document.activeElement?.querySelector('a')?.textContent)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name, level: 1 }).waitFor()
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'Screen or account' }).fill(first.account)
      await page.getByRole('option', { name: `Account ${first.account}` }).first().waitFor()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: first.account, level: 1 }).waitFor()
      await close()
    })

    await step('stale within 3 s of a stopped server, live when it goes on, stale within 3 s of a killed one', async () => {
      const { page, close } = await openPage(browser, 'dark', server.url, '/', { expects: ['/events', '/api/v1', 'ERR_'] })
      await settle(page)
      const stale = page.getByTestId('stale')
      for (const signal of ['SIGSTOP', 'SIGKILL']) {
        await stale.waitFor({ state: 'detached', timeout: 20_000 })
        server.child.kill(signal)
        const began = Date.now()
        await stale.waitFor({ timeout: 3_000 })
        console.log(`     stale ${Date.now() - began} ms after ${signal}`)
        assert.match(await page.evaluate(() => getComputedStyle(document.querySelector('main .num')).textDecorationLine), /line-through/)
        if (signal === 'SIGSTOP') server.child.kill('SIGCONT')
      }
      await page.screenshot({ path: `${shots}real-stale-dark.png` })
      await close()
    })
  } finally { await server.end() }

  if (process.env.PMS_LONG) {
    const house = await start('demo', '--accounts', '12', '--batch-seconds', '10')
    try {
      await step('demo: the house goes live', async () => { await until('a batch, and a look at the house', 400_000, async () => { const chain = await ask(house, '/chain'); return chain?.state === 'live' && chain.batch && await ask(house, '/liquidations') && ask(house, '/governance') }) })
      await visit(browser, house, { overview: '/', liquidations: '/liquidations', keepers: '/keepers', chain: '/chain', governance: '/governance', account: '/accounts/7' }, 'demo')
      await step('demo: an attestation is verified in the browser, and the newest batch is told', async () => {
        const { page, close } = await openPage(browser, 'dark', house.url, '/accounts/7')
        await page.getByText(/verified in this browser: leaf → root → [34] of 4 signatures/).waitFor({ timeout: 30_000 })
        const batchIn = async () => Number((/batch ([\d,]+)/.exec(await page.locator('.strip').textContent()) ?? [])[1]?.replaceAll(',', ''))
        const before = await until('a batch', 10_000, async () => await batchIn() || undefined)
        await until('a later batch', 60_000, async () => await batchIn() > before)
        await page.getByText(/verified in this browser/).waitFor({ timeout: 30_000 })
        await close()
      })
    } finally { await house.end() }
  }
  finish()
} finally {
  await browser.close()
}
