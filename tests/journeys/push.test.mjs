// Approving a sign-in on a registered device: one browser is the device, another one signs in.  rooms: account, signin, credentials
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { addAuthenticator, platform } from '../support/authenticator.mjs'
import { isAccessible, openBrowser, press, register, signIn, visitor } from '../support/browser.mjs'
import { startGatehouse, until } from '../support/gatehouse.mjs'

const password = 'a long enough passphrase'
let gatehouse, browser, number = 0

before(async () => { [gatehouse, browser] = await Promise.all([startGatehouse(), openBrowser()]) })
after(async () => {
  await browser?.close()
  await gatehouse?.stop()
})

// A person, at home in one browser, with a device in another.
async function withDevice() {
  const ada = { email: `push${++number}@example.com`, name: 'Ada Lovelace', password }
  const home = await visitor(browser)
  await home.page.goto(`${gatehouse.address}/account`)
  await register(gatehouse, home.page, ada)
  await home.page.getByRole('navigation').getByRole('link', { name: 'Security' }).click()
  await home.page.getByRole('link', { name: 'Register a device' }).click()
  await isAccessible(home.page)
  const link = await home.page.getByRole('link', { name: 'Use this device' }).getAttribute('href')
  const phone = await visitor(browser, { viewport: { width: 390, height: 780 } })
  await phone.page.goto(new URL(link, gatehouse.address).href)
  await isAccessible(phone.page)
  await phone.page.locator('#push-name').fill('My phone')
  await press(phone.page, 'Register this device')
  await phone.page.getByText('This device is registered.').waitFor()
  await isAccessible(phone.page)
  return { ada, home, phone, close: async () => { await phone.close(); await home.close() } }
}
// Another browser, which knows the password, as far as the number.
async function asking(ada) {
  const guest = await visitor(browser)
  await guest.page.goto(`${gatehouse.address}/account`)
  await signIn(guest.page, ada)
  await press(guest.page, 'Ask my device')
  await guest.page.getByRole('heading', { name: 'Look at your device' }).waitFor()
  await isAccessible(guest.page)
  return { ...guest, shown: (await guest.page.locator('.keepsake code').textContent()).trim() }
}
// The browser that was signed in by a password before there was a device is asked for it when it is used next.
async function comeHome(home, phone) {
  await home.page.goto(`${gatehouse.address}/account/security`)
  await press(home.page, 'Ask my device')
  await home.page.getByRole('heading', { name: 'Look at your device' }).waitFor()
  const shown = (await home.page.locator('.keepsake code').textContent()).trim()
  await phone.page.reload()
  await isAsked(phone.page)
  await phone.page.locator('#push-number').fill(shown)
  await press(phone.page, 'Approve')
  await phone.page.getByText('Approved.').waitFor()
  await home.page.getByText('My phone').waitFor()
}
const isAsked = (page) => page.getByRole('heading', { name: 'Do you want to sign in?' }).waitFor()
const isIn = (page) => page.getByRole('heading', { name: 'About you' }).waitFor()

test('a sign-in waits, is approved with its number, and goes on by itself', async () => {
  const { ada, phone, home, close } = await withDevice()
  const guest = await asking(ada)
  await isAsked(phone.page) // the page looks by itself
  await isAccessible(phone.page)
  await phone.page.locator('#push-number').fill(guest.shown)
  await press(phone.page, 'Approve')
  await phone.page.getByText('Approved.').waitFor()
  await isIn(guest.page)
  await comeHome(home, phone)
  await guest.close()
  await close()
})

test('a denial is told where the sign-in waits; a report of fraud ends it and is mailed', async () => {
  const { ada, phone, close } = await withDevice()
  const first = await asking(ada)
  await isAsked(phone.page)
  await press(phone.page, 'Deny')
  await phone.page.getByText('Denied.').waitFor()
  await first.page.getByText('The request was denied on your device.').waitFor()
  await isAccessible(first.page)
  await press(first.page, 'Ask once more')
  await first.page.getByRole('heading', { name: 'Look at your device' }).waitFor()
  await phone.page.reload()
  await isAsked(phone.page)
  await press(phone.page, 'It was not me: report it')
  await phone.page.getByText('Reported.').waitFor()
  await until('the mail', async () => (await gatehouse.mails())
    .some((mail) => mail.to.includes(ada.email) && /You reported a sign-in/.test(mail.subject)))
  await first.close()
  await close()
})

test('a wrong number ends the request', async () => {
  const { ada, phone, close } = await withDevice()
  const guest = await asking(ada)
  await isAsked(phone.page)
  await phone.page.locator('#push-number').fill(guest.shown === '42' ? '43' : '42')
  await press(phone.page, 'Approve')
  await phone.page.getByText('This is not the number').waitFor()
  await guest.page.getByText('Another number was entered').waitFor()
  await guest.close()
  await close()
})

test('a removed device is told so, and forgets its key', async () => {
  const { home, phone, close } = await withDevice()
  await comeHome(home, phone)
  await home.page.getByRole('link', { name: /My phone/ }).click()
  await press(home.page, 'Remove this device')
  await home.page.getByText('The device is removed.').waitFor()
  await phone.page.reload()
  await phone.page.getByText('This device is not registered.').waitFor()
  await close()
})

test('the app has a manifest and a service worker', async () => {
  const manifest = await (await fetch(`${gatehouse.address}/push/manifest.webmanifest`)).json()
  assert.equal(manifest.display, 'standalone')
  assert.equal(manifest.start_url, '/push')
  const worker = await fetch(`${gatehouse.address}/push/worker.js`)
  assert.match(worker.headers.get('content-type'), /^text\/javascript/)
  assert.equal(worker.headers.get('service-worker-allowed'), '/push')
  const { key } = await (await fetch(`${gatehouse.address}/api/v1/push/key`)).json()
  assert.equal(Buffer.from(key, 'base64url').length, 65)
})

test('after a sign-in by password a passkey is offered where the device can make one', async () => {
  const ada = { email: `push${++number}@example.com`, name: 'Ada Lovelace', password }
  const home = await visitor(browser)
  await home.page.goto(`${gatehouse.address}/account`)
  await register(gatehouse, home.page, ada)
  await home.close()
  const guest = await visitor(browser)
  const authenticator = await addAuthenticator(guest.page, platform)
  await guest.page.goto(`${gatehouse.address}/account`)
  await signIn(guest.page, ada)
  await guest.page.getByRole('heading', { name: 'Sign in faster next time' }).waitFor()
  await isAccessible(guest.page)
  await press(guest.page, 'Create a passkey')
  await guest.page.getByText('recovery codes', { exact: false }).first().waitFor()
  assert.equal((await authenticator.credentials()).length, 1)
  await guest.close()
})
