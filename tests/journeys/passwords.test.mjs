// A person chooses a password, and is told when it is known from a breach.  rooms: signin, credentials, account, app
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { heading, isAccessible, openBrowser, press, register, signIn, visitor } from '../support/browser.mjs'
import { binary, startGatehouse, until } from '../support/gatehouse.mjs'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-breached-'))
const file = join(folder, 'breached')
let gatehouse, browser

// The list as it is downloaded, and the command that makes the file of it.
async function leak(...passwords) {
  const lines = passwords.map((password) => `${createHash('sha1').update(password).digest('hex').toUpperCase()}:3`)
  writeFileSync(join(folder, 'list'), lines.sort().join('\r\n'))
  return (await run(binary, ['breached', 'build', '--from', join(folder, 'list'), '--to', file])).stdout
}

before(async () => {
  assert.match(await leak('the first of all leaked passphrases'), /^1 of 1 passwords in /)
  ;[gatehouse, browser] = await Promise.all([startGatehouse({ flags: ['--passwords-breached-file', file] }), openBrowser()])
})
after(async () => {
  await browser?.close()
  await gatehouse?.stop()
  rmSync(folder, { recursive: true })
})

const password = (page) => page.locator('input[autocomplete=new-password]')

test('a new password is rated while it is typed', async () => {
  const { page, close } = await visitor(browser)
  await page.goto(`${gatehouse.address}/register`)
  const meter = page.locator('.strength')
  assert.equal(await meter.isVisible(), false)
  await page.getByLabel('Name').fill('Grace Blumenthal')
  await password(page).fill('grace blumenthal')
  await meter.getByText('not made of your name').waitFor()
  await isAccessible(page)
  const strength = () => meter.locator('meter').evaluate((element) => element.value)
  assert.ok(await strength() <= 2)
  await password(page).fill('the first of all leaked passphrases')
  await meter.getByText('known from a data breach').waitFor()
  await password(page).fill('a kettle sings beside nine quiet herons')
  await meter.getByText('Strong', { exact: true }).waitFor()
  assert.equal(await strength(), 5)
  await password(page).fill('')
  await until('the meter to go', async () => !await meter.isVisible())
  await close()
})

test('without script the answer of the form says what is wrong', async () => {
  const { page, close } = await visitor(browser, { javaScriptEnabled: false })
  await page.goto(`${gatehouse.address}/register`)
  await page.getByLabel('Name').fill('Ada Lovelace')
  await page.getByLabel('Email address').fill('leaked@example.com')
  await password(page).fill('the first of all leaked passphrases')
  await press(page, 'Create account')
  await page.getByText('This password is known from a data breach').waitFor()
  assert.equal(await page.getByLabel('Email address').inputValue(), 'leaked@example.com')
  await close()
})

test('whoever signs in with a breached password is told, and may change it or not', async () => {
  const { page, close } = await visitor(browser)
  const ada = { email: 'ada@example.com', password: 'a long enough passphrase of ada' }
  await page.goto(`${gatehouse.address}/account`)
  await register(gatehouse, page, ada)
  await page.context().clearCookies()

  await leak(ada.password, 'the first of all leaked passphrases') // while the server runs
  await until('the new file to be used', async () => {
    const metrics = await (await fetch(`${gatehouse.address}/metrics`)).text()
    return /^gatehouse_breached_passwords 2$/m.test(metrics)
  })
  await page.goto(`${gatehouse.address}/account`)
  await signIn(page, ada)
  await heading(page).filter({ hasText: 'Choose a new password' }).waitFor()
  await isAccessible(page)
  const mail = await gatehouse.mailTo(ada.email)
  assert.match(mail.subject, /change your .* password/)
  assert.ok(!mail.text.includes(ada.password))
  await press(page, 'Not now')
  await page.waitForURL(`${gatehouse.address}/account**`)

  await page.context().clearCookies()
  await page.goto(`${gatehouse.address}/account`)
  await signIn(page, ada)
  await password(page).fill('a kettle sings beside nine quiet herons')
  await press(page, 'Set new password')
  await page.waitForURL(`${gatehouse.address}/account**`)
  assert.ok(!gatehouse.log().includes('kettle sings'))
  await close()
})
