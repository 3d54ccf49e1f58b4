/**
 * Every page in a browser against the mock, dark and light: no error on the console, no request beyond the server, no serious finding of axe, the keyboard's
 * way through, and the stale banner. Screenshots go to web/artifacts.
 */
import { readFileSync } from 'node:fs'
import assert from 'node:assert/strict'
import { serve } from '../mock/serve.mjs'
import { axe, finish, launch, openPage, settle, shots, step } from './browser.mjs'

const mock = await serve({ intervalMs: 2000 })
const browser = await launch()
const open = (colorScheme, path, { at = mock.url, ...options } = {}) => openPage(browser, colorScheme, at, path, options)
const account = 'hedged-0000'
const basket = () => {
  const options = mock.api.market.contracts.filter(each => each.coin.name === 'BTC' && each.kind === 'option')
  return `${options[30].instrument}:-0.5,${options[41].instrument}:1`
}
const pages = {
  overview: '/', accounts: '/accounts', account: `/accounts/${account}`, builder: `/builder?account=${account}&basket=${basket()}`, surface: '/surface', relief: '/surface?view=relief',
  scenarios: '/scenarios', solvency: '/solvency', liquidations: '/liquidations', keepers: '/keepers', chain: '/chain', parameters: '/parameters', governance: '/governance', alerts: '/alerts',
  health: '/health', empty: '/accounts?q=nobody', missing: '/nowhere',
}

try {
  for (const scheme of ['dark', 'light']) {
    for (const [name, path] of Object.entries(pages)) {
      await step(`${name}, ${scheme}`, async () => {
        const { page, close } = await open(scheme, path)
        await settle(page)
        assert.match(await page.title(), / · Predictive Margin System$/)
        await page.screenshot({ path: `${shots}${name}-${scheme}.png`, fullPage: true })
        await axe(page, name)
        for (const twin of await page.locator('main label', { hasText: /^Table$/ }).all()) await twin.click()
        if (name === 'account' || name === 'overview') assert.ok(await page.locator('main table').count() > 3)
        if (scheme === 'dark' && name !== 'missing' && name !== 'empty') await axe(page, `${name}, tables`)
        await close()
      })
    }
  }

  await step('keyboard: skip link, g a, j, k, Enter, /, ?', async () => {
    const { page, close } = await open('dark', '/')
    await settle(page)
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to content')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main')
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor()
    await settle(page)
    await page.keyboard.press('j')
    const first = await page.evaluate(() => document.activeElement?.querySelector('a')?.textContent)
    await page.keyboard.press('j')
    const second = await page.evaluate(() => document.activeElement?.querySelector('a')?.textContent)
    await page.keyboard.press('k')
    assert.ok(first && second && first !== second)
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: first, level: 1 }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('/')
    await page.keyboard.type('short-wing')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/accounts\?q=short-wing/)
    await settle(page)
    assert.ok((await page.locator('main tbody tr').allTextContents()).every(text => text.startsWith('short-wing')))
    await close()
  })

  await step('accounts: filter, order and page are in the address; CSV has them all', async () => {
    const { page, close } = await open('dark', '/accounts')
    await settle(page)
    await page.getByRole('link', { name: 'Next page' }).click()
    await page.waitForURL(/cursor=/)
    await page.goBack()
    await page.getByLabel('State').selectOption('liquidatable')
    await page.waitForURL(/state=liquidatable/)
    await page.reload()
    await settle(page)
    assert.equal(await page.getByLabel('State').inputValue(), 'liquidatable')
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('e')])
    const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n')
    assert.equal(lines[0], 'epoch,observedAt,account,state,equity,initial,maintenance,ratio,excess,available,binding,positions')
    assert.ok(lines.length > 1 && lines.slice(1).every(line => line.includes(',liquidatable,')))
    await close()
  })

  await step('builder: a click on an ask buys, and the panel tells the difference', async () => {
    const { page, close } = await open('dark', `/builder?account=${account}`)
    await settle(page)
    await page.getByRole('button', { name: /^Buy BTC-.*-C/ }).nth(10).click()
    await page.waitForURL(/basket=/)
    await page.getByText('sufficient').first().waitFor()
    await page.getByRole('heading', { name: 'Payoff over the price of BTC' }).waitFor()
    assert.match(await page.locator('pre').textContent(), /pms whatif .*--order BTC-.*-C:1/)
    const quantity = page.getByRole('textbox', { name: /^Quantity of/ })
    await quantity.fill('')
    await quantity.pressSequentially('-0.5')
    await page.waitForURL(/-C%3A-0\.5/)
    await page.getByText(/--order BTC-.*-C:-0\.5/).waitFor()
    await page.getByRole('button', { name: 'Copy CLI lines' }).click()
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /pms whatif/)
    await close()
  })

  await step('parameters: a value is tried on all accounts, and those that would be called are listed', async () => {
    const { page, close } = await open('dark', '/parameters')
    await settle(page)
    await page.getByRole('combobox', { name: 'Key' }).or(page.getByRole('textbox', { name: 'Key', exact: true })).first().fill('measure.initialFactor')
    await page.getByRole('textbox', { name: 'Value' }).fill('4')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.waitForURL(/try=measure\.initialFactor%3A4/)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText(/accounts? would be called/).waitFor()
    await page.getByRole('table', { name: /Accounts in a worse state/ }).getByRole('link').first().waitFor()
    await page.screenshot({ path: `${shots}parameters-run.png`, fullPage: true })
    await axe(page, 'parameters, run')
    await close()
  })

  await step('surface: the relief turns, by the keyboard too', async () => {
    const { page, close } = await open('dark', '/surface')
    await settle(page)
    await page.locator('main label', { hasText: /^Relief$/ }).click()
    await page.waitForURL(/view=relief/)
    const slider = page.getByRole('slider', { name: 'Seen from, degrees' })
    await slider.focus()
    await page.keyboard.press('ArrowRight')
    await page.waitForURL(/turn=40/)
    await page.getByRole('img', { name: /Seen from 40 degrees/ }).waitFor()
    await close()
  })

  await step('an attestation is verified in the browser, and says so; run out it does not count', async () => {
    const { page, close } = await open('dark', '/accounts/7', { atMs: Date.parse(mock.api.chain.attested.batch.observedAt) + 20_000 })
    await page.getByText('verified in this browser: leaf → root → 3 of 4 signatures').waitFor()
    await page.getByTestId('attestation').scrollIntoViewIfNeeded()
    await page.screenshot({ path: `${shots}attested-dark.png` })
    await axe(page, 'attested')
    await close()
    const old = await open('light', '/accounts/7')
    await old.page.getByText(/signed, but does not count now: it ran out/).waitFor()
    await old.close()
    const leaf = mock.api.chain.attested.leaf
    const was = leaf.maintenanceWad
    leaf.maintenanceWad = '1'
    const forged = await open('dark', '/accounts/7', { atMs: Date.parse(mock.api.chain.attested.batch.observedAt) + 20_000 })
    await forged.page.getByText(/not verified: the leaf does not lead to the root/).waitFor()
    leaf.maintenanceWad = was
    await forged.close()
  })

  await step('Ctrl-K leads to screens and accounts', async () => {
    const { page, close } = await open('dark', '/')
    await settle(page)
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Screen or account' }).fill('govern')
    await axe(page, 'palette')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Governance', level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Screen or account' }).fill('short-wing')
    await page.getByRole('option', { name: /^Account short-wing/ }).nth(1).waitFor()
    await page.screenshot({ path: `${shots}palette-dark.png` })
    await page.keyboard.press('ArrowDown')
    const chosen = await page.locator('[aria-selected="true"] span').first().textContent()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: chosen.replace('Account ', ''), level: 1 }).waitFor()
    await close()
  })

  await step('a server without a chain says what it would show, and asks for nothing of it', async () => {
    const bare = await serve({ intervalMs: 2000, accounts: 12, hasChain: false })
    for (const path of ['/liquidations', '/keepers', '/chain', '/governance']) {
      const { page, close } = await open('dark', path, { at: bare.url })
      await page.getByText('This server follows no house on a chain').waitFor()
      if (path === '/chain') { await page.screenshot({ path: `${shots}no-chain-dark.png` }); await axe(page, 'no chain') }
      await close()
    }
    bare.close()
  })

  await step('a refused account and an unknown one say why', async () => {
    const { page, close } = await open('dark', '/accounts/delisted-9001')
    await page.getByText('instrument-unknown').first().waitFor()
    await page.screenshot({ path: `${shots}refused-dark.png`, fullPage: true })
    await axe(page, 'refused')
    await close()
    const unknown = await open('dark', '/accounts/nobody', { expects: ['404'] })
    await unknown.page.getByText('account-unknown').first().waitFor()
    await unknown.close()
  })

  await step('stale within 3 s of the cut, numbers struck; live again by itself', async () => {
    const { page, close } = await open('dark', '/', { expects: ['/events', 'ERR_'] })
    await settle(page)
    await page.waitForTimeout(500)
    await fetch(`${mock.url}/mock/cut`)
    const began = Date.now()
    await page.getByTestId('stale').waitFor({ timeout: 3000 })
    console.log(`     stale after ${Date.now() - began} ms`)
    assert.match(await page.getByTestId('stale').textContent(), /stale, since \d\d:\d\d:\d\d UTC/)
    assert.match(await page.evaluate(() => getComputedStyle(document.querySelector('main .num')).textDecorationLine), /line-through/)
    await page.screenshot({ path: `${shots}stale-dark.png`, fullPage: true })
    await axe(page, 'stale')
    await fetch(`${mock.url}/mock/restore`)
    await page.getByTestId('stale').waitFor({ state: 'detached', timeout: 12_000 })
    await close()
  })

  await step('HALT: the state is told, the margins are not', async () => {
    await fetch(`${mock.url}/mock/state?is=HALT`)
    const { page, close } = await open('dark', '/', { expects: ['503'] })
    await page.getByText('HALT', { exact: true }).waitFor()
    await page.getByRole('alert').getByText('halted', { exact: true }).waitFor()
    await page.screenshot({ path: `${shots}halt-dark.png`, fullPage: true })
    await axe(page, 'halt')
    await close()
    await fetch(`${mock.url}/mock/state?is=DEGRADED`)
    const degraded = await open('light', '/')
    await degraded.page.getByText('DEGRADED', { exact: true }).waitFor()
    await settle(degraded.page)
    await degraded.page.screenshot({ path: `${shots}degraded-light.png` })
    await degraded.close()
    await fetch(`${mock.url}/mock/state?is=NORMAL`)
  })

  await step('a server with keys: the page asks for one, then shows all', async () => {
    const locked = await serve({ intervalMs: 2000, accounts: 12, key: 'secret' })
    const { page, close } = await open('dark', '/', { expects: ['401'], at: locked.url })
    await page.getByLabel('API key').fill('secret')
    await page.screenshot({ path: `${shots}key-dark.png` })
    await axe(page, 'key')
    await page.getByRole('button', { name: 'Use for this tab' }).click()
    await page.getByRole('heading', { name: 'Feeds' }).waitFor()
    assert.equal(await page.getByTestId('stale').count(), 0)
    await close()
    locked.close()
  })

  await step('nothing moves when the numbers come; a narrow screen has a menu', async () => {
    const { page, close } = await open('dark', '/')
    const shift = await page.evaluate(() => new Promise(resolve => {
      let total = 0
      new PerformanceObserver(list => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) total += entry.value }).observe({ type: 'layout-shift', buffered: true })
      setTimeout(() => resolve(total), 5000)
    }))
    console.log(`     cumulative layout shift ${shift.toFixed(4)}`)
    assert.ok(shift < 0.1, `layout shift ${shift}`)
    await page.setViewportSize({ width: 420, height: 800 })
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: /Surface/ }).click()
    await page.getByRole('heading', { name: 'Surface', level: 1 }).waitFor()
    await settle(page)
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth + 1), 'the page is wider than the screen')
    await page.screenshot({ path: `${shots}narrow-dark.png` })
    await close()
  })

  finish()
} finally {
  await browser.close()
  mock.close()
}
