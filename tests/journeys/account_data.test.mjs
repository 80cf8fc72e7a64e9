// A person sees what happened, takes a copy of their data, joins two accounts, and deletes theirs.  rooms: account, signin
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { isAccessible, openBrowser, press, register, signIn, visitor } from '../support/browser.mjs'
import { startDemo } from '../support/demo.mjs'

const password = 'a long enough passphrase'
let demo, browser, number = 0

before(async () => { [demo, browser] = await Promise.all([startDemo(), openBrowser()]) })
after(async () => {
  await browser?.close()
  await demo?.stop()
})

async function somebody() {
  const ada = { email: `data${++number}@example.com`, name: 'Ada Lovelace', password }
  const guest = await visitor(browser)
  await guest.page.goto(`${demo.gatehouse.address}/account`)
  await register(demo.gatehouse, guest.page, ada)
  await guest.page.getByRole('heading', { name: 'About you' }).waitFor()
  await guest.page.goto(`${demo.gatehouse.address}/account/data`)
  return { ...guest, ada }
}

test('what happened is told, and what to do about it', async () => {
  const { page, close } = await somebody()
  await page.getByText('You made this account').waitFor()
  await isAccessible(page)
  await page.getByRole('link', { name: 'This was not me' }).click()
  await page.getByRole('heading', { name: 'Sign out everywhere else' }).waitFor()
  await isAccessible(page)
  await press(page, 'Sign out everywhere else')
  await page.getByText('Change your password now').waitFor()
  await close()
})

test('the copy is a file', async () => {
  const { page, ada, close } = await somebody()
  const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'Download')])
  const data = JSON.parse(readFileSync(await download.path(), 'utf8'))
  assert.equal(data.identifiers[0].value, ada.email)
  await close()
})

test('an account is deleted, and kept by signing in again', async () => {
  const { page, ada, close } = await somebody()
  await page.getByRole('link', { name: /Delete my account/ }).click()
  await page.getByText('Lost are').waitFor()
  await isAccessible(page)
  await press(page, 'Delete my account')
  await page.getByRole('heading', { name: 'Your account will be deleted' }).waitFor()
  await isAccessible(page)
  await page.goto(`${demo.gatehouse.address}/account`)
  await signIn(page, ada)
  await page.getByRole('heading', { name: 'Your account is about to be deleted' }).waitFor()
  await isAccessible(page)
  await press(page, 'Keep my account and sign in')
  await page.getByRole('heading', { name: 'About you' }).waitFor()
  await close()
})

test('two accounts become one', async () => {
  const other = await somebody()
  await other.close()
  const { page, ada, close } = await somebody()
  await page.getByRole('link', { name: /Join another account/ }).click()
  await isAccessible(page)
  await press(page, 'Sign in to the other account')
  await signIn(page, other.ada)
  await page.getByRole('heading', { name: 'Join the two accounts?' }).waitFor()
  await page.getByText(other.ada.email).first().waitFor()
  await isAccessible(page)
  await press(page, 'Join them for good')
  await page.getByText('The two accounts are one now.').waitFor()
  assert.ok(await page.getByText(ada.email).first().isVisible())
  await close()
})
