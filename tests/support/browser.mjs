// Headless Chromium for journeys: one browser for a test file, a fresh context (cookies, storage) for each visitor.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { codeIn } from './gatehouse.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const chromiumOptions = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
}
export const openBrowser = () => chromium.launch(chromiumOptions)

// A page of a browser whose owner has switched cookies off.
export async function visitorWithoutCookies() {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-chromium-'))
  mkdirSync(join(folder, 'Default'))
  writeFileSync(join(folder, 'Default/Preferences'),
    JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }))
  const context = await chromium.launchPersistentContext(folder, { ...chromiumOptions, locale: 'en-US' })
  context.setDefaultTimeout(10_000)
  return {
    page: context.pages()[0],
    close: async () => {
      await context.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

// A page of a fresh visitor. Whatever its console or a response says is wrong fails the test in `close`.
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({ locale: 'en-US', ...options })
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const faults = []
  const watch = (page) => {
    page.on('pageerror', (error) => faults.push(`script: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text())) faults.push(message.text())
    })
    page.on('response', (response) => {
      if (response.status() >= 500) faults.push(`${response.status()} for ${response.request().method()} ${response.url()}`)
    })
  }
  watch(page)
  context.on('page', watch)
  return {
    page, context,
    close: async () => {
      await context.close()
      assert.deepEqual(faults, [])
    },
  }
}

// Fails with what axe-core finds against WCAG 2.2 AA on the page as it stands.
export async function isAccessible(page) {
  await page.evaluate(axe).catch(() => page.addScriptTag({ content: axe }))
  const { violations } = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }))
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`), [], await page.title())
}

export const heading = (page) => page.getByRole('heading', { level: 1 })
export const press = (page, name) => page.getByRole('button', { name, exact: true }).click()

export async function enterCode(gatehouse, page, email) {
  await page.locator('[autocomplete=one-time-code]').fill(codeIn(await gatehouse.mailTo(email)))
  await press(page, 'Confirm')
}

// From the sign-in page to the end of registration.
export async function register(gatehouse, page, { email, name = 'Ada Lovelace', password }) {
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Name').fill(name)
  await page.locator('input[autocomplete=new-password]').fill(password)
  await press(page, 'Create account')
  await enterCode(gatehouse, page, email)
}

export async function signIn(page, { email, password }) {
  await page.locator('input[autocomplete~=username]').fill(email)
  await page.locator('input[autocomplete=current-password]').fill(password)
  await press(page, 'Sign in')
}
