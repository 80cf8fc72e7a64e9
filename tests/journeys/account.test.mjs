// A person looks after their own account.  rooms: account, session
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { enterCode, isAccessible, openBrowser, press, register, signIn, visitor } from '../support/browser.mjs'
import { startDemo } from '../support/demo.mjs'

const password = 'a long enough passphrase'
let demo, browser, number = 0

before(async () => { [demo, browser] = await Promise.all([startDemo(), openBrowser()]) })
after(async () => {
  await browser?.close()
  await demo?.stop()
})

async function atAccount() {
  const ada = { email: `account${++number}@example.com`, name: 'Ada Lovelace', password }
  const guest = await visitor(browser)
  await guest.page.goto(`${demo.gatehouse.address}/account`)
  await register(demo.gatehouse, guest.page, ada)
  await guest.page.getByRole('heading', { name: 'About you' }).waitFor()
  return { ...guest, ada }
}
const open = (page, name) => page.getByRole('navigation').getByRole('link', { name }).click()

test('the profile is shown and changed', async () => {
  const { page, close } = await atAccount()
  await isAccessible(page)
  await page.getByLabel('Name').fill('Augusta Ada King')
  await press(page, 'Save changes')
  await page.getByText('Your changes are saved.').waitFor()
  assert.equal(await page.getByLabel('Name').inputValue(), 'Augusta Ada King')
  await close()
})

test('the password is changed, with the current one', async () => {
  const { page, ada, close } = await atAccount()
  await open(page, 'Security')
  await isAccessible(page)
  const change = async (current, next) => {
    const form = page.getByRole('region', { name: 'Password' })
    await form.getByLabel('Current password').fill(current)
    await form.getByLabel('New password').fill(next)
    await press(page, 'Change password')
  }
  await change('not my password at all', 'another long passphrase')
  await page.getByText('This password is not right').first().waitFor()
  await isAccessible(page)
  await change(ada.password, 'another long passphrase')
  await page.getByText('Your password is changed.').waitFor()
  assert.match((await demo.gatehouse.mails()).find((mail) => mail.to.includes(ada.email)).subject, /password was changed/)
  await close()

  const guest = await visitor(browser)
  await guest.page.goto(`${demo.gatehouse.address}/account`)
  await signIn(guest.page, { ...ada, password: 'another long passphrase' })
  await guest.page.getByRole('heading', { name: 'About you' }).waitFor()
  await guest.close()
})

test('the email address is changed once the new one is confirmed', async () => {
  const { page, ada, close } = await atAccount()
  const next = `new-${ada.email}`
  const field = page.getByLabel('New email address')
  if (await field.count() === 0) await open(page, 'Security')
  await field.fill(next)
  await page.getByRole('region', { name: 'Email address' }).getByLabel('Current password').fill(ada.password)
  await field.press('Enter')
  await page.locator('[autocomplete=one-time-code]').waitFor()
  await isAccessible(page)
  await enterCode(demo.gatehouse, page, next)
  await page.getByText('Your email address is changed.').waitFor()
  const notice = await demo.gatehouse.mailTo(ada.email)
  assert.ok(notice)
  await close()
})

test('another session is seen and ended', async () => {
  const { page, ada, close } = await atAccount()
  const other = await visitor(browser)
  await other.page.goto(`${demo.gatehouse.address}/account`)
  await signIn(other.page, ada)
  await other.page.getByRole('heading', { name: 'About you' }).waitFor()

  await open(page, 'Sessions')
  await page.getByText('This device').waitFor()
  await isAccessible(page)
  await page.getByRole('button', { name: /^End:/ }).first().click()
  await page.getByText('The session is ended.').waitFor()
  await other.page.reload()
  await other.page.locator('input[autocomplete=current-password]').waitFor()
  await other.close()
  await close()
})

test('an application that was allowed is listed and its access removed', async () => {
  const { page, close } = await atAccount()
  await page.goto(`${demo.support.address}/sign-in`)
  await press(page, 'Allow')
  await page.getByRole('heading', { name: 'Welcome, ' }).waitFor()
  await page.goto(`${demo.gatehouse.address}/account`)
  await open(page, 'Applications')
  await page.getByText('Acme Support').waitFor()
  await isAccessible(page)
  await page.getByRole('button', { name: 'Remove access: Acme Support' }).click()
  await page.getByText('The application no longer has access.').waitFor()
  await page.goto(`${demo.support.address}/`)
  await press(page, 'Refresh tokens')
  await page.getByRole('link', { name: 'Continue with Acme' }).waitFor()
  await close()
})
