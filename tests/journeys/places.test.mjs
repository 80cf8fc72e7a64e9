// Where sessions come from, by a file of countries; and a password that comes and goes.  rooms: places, account
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { isAccessible, openBrowser, press, register, signIn, visitor } from '../support/browser.mjs'
import { startGatehouse } from '../support/gatehouse.mjs'

const file = createRequire(import.meta.url).resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb')
const password = 'a long enough passphrase'
let gatehouse, browser

before(async () => {
  browser = await openBrowser()
  // Everybody comes through a proxy on this machine, from where the test says.
  gatehouse = await startGatehouse({ flags: ['--places-database', file, '--server-trusted-proxies', '127.0.0.1,::1'] })
})
after(async () => {
  await browser?.close()
  await gatehouse?.stop()
})

const from = (address, more = {}) => visitor(browser, { extraHTTPHeaders: { 'X-Forwarded-For': address }, ...more })
const open = (page, name) => page.getByRole('navigation').getByRole('link', { name }).click()

async function atAccount(email, address) {
  const guest = await from(address)
  await guest.page.goto(`${gatehouse.address}/account`)
  await register(gatehouse, guest.page, { email, password })
  await guest.page.getByRole('heading', { name: 'About you' }).waitFor()
  return guest
}

test('sessions say which country they come from, in the language of the reader', async () => {
  const { page, close } = await atAccount('places@example.com', '193.171.1.2') // a university in Austria
  const other = await from('202.12.27.33', { locale: 'de-DE' }) // a root name server in Japan
  await other.page.goto(`${gatehouse.address}/account`)
  await other.page.locator('input[autocomplete~=username]').fill('places@example.com')
  await other.page.locator('input[autocomplete=current-password]').fill(password)
  await other.page.getByRole('button', { name: 'Anmelden', exact: true }).click()
  await other.page.getByRole('navigation').first().waitFor()

  await open(page, 'Sessions')
  await page.getByText('Austria').waitFor()
  await page.getByText('Japan').waitFor()
  await page.getByText('193.171.1.2').waitFor()
  await isAccessible(page)
  await other.page.goto(`${gatehouse.address}/account/sessions?ui_locales=de`)
  await other.page.getByText('Österreich').waitFor()
  await other.close()
  await close()
})

test('an address that is nowhere stands alone', async () => {
  const { page, close } = await atAccount('nowhere@example.com', '10.1.2.3')
  await open(page, 'Sessions')
  await page.getByText('From 10.1.2.3').waitFor()
  await close()
})

test('the doctor knows the file', async () => {
  const { stdout } = await gatehouse.gatehouse('doctor', '--places-database', file).catch((failure) => failure)
  assert.match(stdout, /geo-whois-asn-country\.mmdb/)
  const broken = await gatehouse.gatehouse('doctor', '--places-database', new URL(import.meta.url).pathname).catch((failure) => failure)
  assert.match(broken.stdout, /FAIL {2}.*places\.test\.mjs is no MMDB file/)
})

test('nobody removes the password that is their only way in', async () => {
  const { page, close } = await atAccount('only@example.com', '193.171.1.2')
  await open(page, 'Security')
  await isAccessible(page)
  await page.getByRole('link', { name: 'Remove the password' }).click()
  await page.getByText('You can no longer sign in with it then').waitFor()
  await isAccessible(page)
  await press(page, 'Remove the password')
  await page.getByText('Set up another way first').waitFor()
  await isAccessible(page)
  await close()
  const again = await from('193.171.1.2')
  await again.page.goto(`${gatehouse.address}/account`)
  await signIn(again.page, { email: 'only@example.com', password })
  await again.page.getByRole('heading', { name: 'About you' }).waitFor()
  await open(again.page, 'Security')
  await again.page.getByText(/last used/).waitFor()
  await again.close()
})
