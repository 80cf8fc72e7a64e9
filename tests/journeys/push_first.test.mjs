// A sign-in begins with a registered device: one browser is the device, another one signs in.  rooms: signin, credentials
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isAccessible, openBrowser, press, register, visitor } from '../support/browser.mjs'
import { startGatehouse } from '../support/gatehouse.mjs'

const ada = { email: 'ada@example.com', name: 'Ada Lovelace', password: 'a long enough passphrase' }
let gatehouse, browser, phone

before(async () => {
  [gatehouse, browser] = await Promise.all([
    startGatehouse({ configuration: { tenant: 'default',
      settings: { signin: { first: ['push', 'password'], second_factor: 'never' } } } }),
    openBrowser()])
  const home = await visitor(browser)
  await home.page.goto(`${gatehouse.address}/account`)
  await register(gatehouse, home.page, ada)
  await home.page.getByRole('navigation').getByRole('link', { name: 'Security' }).click()
  await home.page.getByRole('link', { name: 'Register a device' }).click()
  const link = await home.page.getByRole('link', { name: 'Use this device' }).getAttribute('href')
  phone = await visitor(browser, { viewport: { width: 390, height: 780 } })
  await phone.page.goto(new URL(link, gatehouse.address).href)
  await press(phone.page, 'Register this device')
  await phone.page.getByText('This device is registered.').waitFor()
  await home.close()
})
after(async () => {
  await phone?.close()
  await browser?.close()
  await gatehouse?.stop()
})

async function ask(page, who) {
  await page.goto(`${gatehouse.address}/account`)
  await page.locator('input[autocomplete~=username]').fill(who)
  await press(page, 'Ask my device')
  await page.getByRole('heading', { name: 'Look at your device' }).waitFor()
  return (await page.locator('.keepsake code').textContent()).trim()
}

for (const javaScriptEnabled of [true, false])
  test(`a number is told to the device, ${javaScriptEnabled ? 'with' : 'without'} script`, async () => {
    const { page, close } = await visitor(browser, { javaScriptEnabled })
    const number = await ask(page, ada.email)
    if (javaScriptEnabled) await isAccessible(page)
    await phone.page.reload()
    await phone.page.getByRole('heading', { name: 'Do you want to sign in?' }).waitFor()
    await phone.page.locator('#push-number').fill(number)
    await press(phone.page, 'Approve')
    await phone.page.getByText('Approved.').waitFor()
    if (!javaScriptEnabled) await press(page, 'I have approved it')
    await page.getByRole('heading', { name: 'About you' }).waitFor()
    await close()
  })

test('nobody sees a number, too, and may use another way', async () => {
  const { page, close } = await visitor(browser)
  assert.match(await ask(page, 'nobody@example.com'), /^[1-9][0-9]$/)
  await isAccessible(page)
  await press(page, 'Use your password')
  assert.equal(await page.locator('input[autocomplete~=username]').inputValue(), 'nobody@example.com')
  await close()
})
