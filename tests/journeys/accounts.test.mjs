// Who is signed in where: the first administrator, several accounts in one browser, signing out, tenants by path.
// rooms: signin, journey, session, oauth, view, identity
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { heading, isAccessible, openBrowser, press, register, signIn, visitor } from '../support/browser.mjs'
import { startGatehouse } from '../support/gatehouse.mjs'

const password = 'a long enough passphrase'
let application, gatehouse, browser, callback

before(async () => {
  application = createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>Back</title><h1>Back at the application</h1>')
  })
  await new Promise((ready) => application.listen(0, '127.0.0.1', ready))
  const { port } = application.address()
  callback = `http://localhost:${port}/callback`;
  [gatehouse, browser] = await Promise.all([startGatehouse({ callbackPort: port }), openBrowser()])
})
after(async () => {
  await browser?.close()
  await gatehouse?.stop()
  application?.close()
})

const authorize = (more = {}) => `${gatehouse.address}/oauth2/authorize?${new URLSearchParams({
  client_id: 'spa', redirect_uri: callback, response_type: 'code', scope: 'openid', state: 's',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', ...more,
})}`
const titled = (page, title) => heading(page).filter({ hasText: title }).waitFor()
const isBack = (page) => titled(page, 'Back at the application')
const asksForPassword = (page) => page.locator('input[autocomplete=current-password]').waitFor()
const journey = (name, body) => test(name, async () => {
  const guest = await visitor(browser)
  await body(guest)
  await guest.close()
})

journey('the first administrator comes with the link that the operator finds in the data folder', async ({ page }) => {
  const link = readFileSync(join(gatehouse.data, 'first-administrator-link'), 'utf8').trim()
  assert.ok(!gatehouse.log().includes(new URL(link).searchParams.get('token')), 'the log does not tell it')
  await page.goto(link)
  await titled(page, 'Welcome to Gatehouse')
  await isAccessible(page)
  await page.getByLabel('Name').fill('Olga')
  await page.getByLabel('Email address').fill('olga@example.com')
  await page.locator('input[autocomplete=new-password]').fill('password')
  await press(page, 'Create administrator')
  await page.locator('[aria-invalid=true]').waitFor()
  assert.equal(await page.getByLabel('Email address').inputValue(), 'olga@example.com')
  await page.locator('input[autocomplete=new-password]').fill(password)
  await press(page, 'Create administrator')
  await titled(page, 'The administrator is ready')
  await isAccessible(page)
  await page.getByRole('link', { name: 'Sign in' }).click()
  await signIn(page, { email: 'olga@example.com', password })
  await page.getByRole('heading', { name: 'About you' }).waitFor()
  await page.goto(link)
  await titled(page, 'This link was already used')
  await isAccessible(page)
})

journey('two accounts in one browser: the person chooses, and signs one of them out', async ({ page }) => {
  await page.goto(authorize())
  await register(gatehouse, page, { email: 'ada@example.com', name: 'Ada Lovelace', password })
  await isBack(page)
  await page.goto(authorize())
  await isBack(page)
  await page.goto(authorize({ prompt: 'select_account' }))
  await titled(page, 'Choose an account')
  await press(page, 'Use another account')
  await register(gatehouse, page, { email: 'grace@example.com', name: 'Grace Hopper', password })
  await isBack(page)

  await page.goto(authorize()) // both are signed in: nobody is chosen without the person
  await titled(page, 'Choose an account')
  await isAccessible(page)
  const row = (name) => page.getByRole('listitem').filter({ hasText: name })
  await row('Grace Hopper').waitFor()
  await row('Ada Lovelace').getByRole('button', { name: /Continue|Ada Lovelace/ }).first().click()
  await isBack(page)
  await page.goto(authorize({ prompt: 'none' }))
  assert.equal(new URL(page.url()).searchParams.get('error'), 'account_selection_required')

  await page.goto(authorize())
  await row('Grace Hopper').getByRole('button', { name: /Sign out/ }).click()
  await row('Grace Hopper').waitFor({ state: 'detached' })
  await page.goto(authorize())
  await isBack(page)
})

journey('a link to sign out asks first', async ({ page, context }) => {
  const atAccount = () => page.getByRole('heading', { name: 'About you' }).waitFor()
  await page.goto(`${gatehouse.address}/account`)
  await register(gatehouse, page, { email: 'mary@example.com', name: 'Mary', password })
  await atAccount()
  await page.goto(`${gatehouse.address}/oauth2/logout`)
  await titled(page, 'Sign out?')
  await isAccessible(page)
  await page.goto(`${gatehouse.address}/account`)
  await atAccount() // looking at the question signs nobody out
  await page.goto(`${gatehouse.address}/oauth2/logout?${new URLSearchParams({
    client_id: 'spa', post_logout_redirect_uri: callback.replace('/callback', '/'), state: 'bye' })}`)
  await press(page, 'Sign out')
  await isBack(page)
  assert.equal(new URL(page.url()).searchParams.get('state'), 'bye')
  await page.goto(`${gatehouse.address}/account`)
  await asksForPassword(page)
  await page.goto(`${gatehouse.address}/oauth2/logout`)
  await titled(page, 'You are signed out')
  await isAccessible(page)
})

journey('a tenant at a path has accounts and sessions of its own', async ({ page }) => {
  const file = join(gatehouse.folder, 'acme.json')
  writeFileSync(file, JSON.stringify({ tenant: 'acme' }))
  await gatehouse.gatehouse('apply', '--yes', file)
  const acme = `${gatehouse.address}/t/acme`
  for (let answer; answer !== 200;) answer = (await fetch(`${acme}/.well-known/openid-configuration`)).status
  const person = { email: 'emmy@example.com', name: 'Emmy Noether', password }
  await page.goto(`${acme}/account`)
  await register(gatehouse, page, person)
  await page.getByRole('heading', { name: 'About you' }).waitFor()
  assert.ok(page.url().startsWith(`${acme}/account`), page.url())
  await isAccessible(page)
  await page.goto(`${gatehouse.address}/account`)
  await asksForPassword(page)
  await signIn(page, person)
  await page.getByText('Email or password is not right').first().waitFor()
  await page.goto(`${acme}/account`)
  await page.getByRole('heading', { name: 'About you' }).waitFor()
})
