// A phone in place of an address: an account, a link by text, a lost password, with script and without.  rooms: signin
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isAccessible, openBrowser, press, visitor } from '../support/browser.mjs'
import { codeIn, startGatehouse } from '../support/gatehouse.mjs'

const phones = {
  tenant: 'default',
  settings: {
    registration: { identifier: 'phone' },
    recovery: { email: false, phone: true },
    identifiers: { country: 'DE' },
    signin: { first: ['password', 'sms_link'] },
  },
}
let browser, byPhone

before(async () => {
  [browser, byPhone] = await Promise.all([openBrowser(), startGatehouse({ configuration: phones })])
})
after(async () => {
  await browser?.close()
  await byPhone?.stop()
})

const titled = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor()
const linkIn = (text) => /https?:\S+\/s\/\S+/.exec(text.text)[0]
const looksWell = (page, options) => (options.javaScriptEnabled === false ? undefined : isAccessible(page))

for (const [name, options] of [['', {}], [' without script', { javaScriptEnabled: false }]]) {
  test(`a phone number makes an account, signs in by link and resets the password${name}`, async () => {
    const digits = `151234567${name.length + 10}`
    const phone = `+49${digits}`

    const first = await visitor(browser, options)
    await first.page.goto(`${byPhone.address}/register`)
    await first.page.getByLabel('Name').fill('Ada Lovelace')
    await first.page.getByLabel('Phone number').fill(`0${digits}`)
    await first.page.locator('input[name=password]').fill('a long enough passphrase')
    await looksWell(first.page, options)
    await press(first.page, 'Create account')
    await titled(first.page, 'Enter your code')
    await looksWell(first.page, options)
    await first.page.locator('input[name=code]').fill(codeIn(await byPhone.mailTo(phone)))
    await press(first.page, 'Confirm')
    await first.page.getByRole('heading', { name: 'About you' }).waitFor()
    await first.close()

    const second = await visitor(browser, options)
    await second.page.goto(`${byPhone.address}/account`)
    await press(second.page, 'Get a link by text message')
    await titled(second.page, 'Sign in with a text message')
    await second.page.getByLabel('Phone number, email or username').fill(`0${digits}`)
    await press(second.page, 'Text me a link')
    await titled(second.page, 'Enter your code')
    await looksWell(second.page, options)
    const text = await byPhone.mailTo(phone)
    const elsewhere = await visitor(browser, options)
    await elsewhere.page.goto(linkIn(text))
    await titled(elsewhere.page, 'Go on where you began')
    await elsewhere.close()
    await second.page.goto(linkIn(text))
    await titled(second.page, 'Sign in')
    await press(second.page, 'Sign in')
    await second.page.getByRole('heading', { name: 'About you' }).waitFor()
    await second.close()

    const third = await visitor(browser, options)
    await third.page.goto(`${byPhone.address}/recover`)
    await titled(third.page, 'Forgot your password?')
    await looksWell(third.page, options)
    await third.page.getByLabel('Phone number, email or username').fill(phone)
    await press(third.page, 'Text me a code')
    await third.page.locator('input[name=code]').fill(codeIn(await byPhone.mailTo(phone)))
    await press(third.page, 'Confirm')
    await titled(third.page, 'Set a new password')
    await third.page.locator('input[name=password]').fill('another long passphrase')
    await press(third.page, 'Set new password')
    await third.page.getByRole('heading', { name: 'About you' }).waitFor()
    assert.match((await byPhone.mailTo(phone)).text, /your password was changed/)
    await third.close()
  })
}
