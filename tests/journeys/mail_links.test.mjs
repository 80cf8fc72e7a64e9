// Links by mail: in the browser that asked, in another one, and without script.  rooms: signin
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isAccessible, openBrowser, press, register, visitor } from '../support/browser.mjs'
import { codeIn, startGatehouse } from '../support/gatehouse.mjs'

const links = { tenant: 'default', settings: { signin: { first: ['password', 'magic_link'] } } }
let browser, byMail

before(async () => {
  [browser, byMail] = await Promise.all([openBrowser(), startGatehouse({ configuration: links })])
})
after(async () => {
  await browser?.close()
  await byMail?.stop()
})

const titled = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor()
const linkIn = (mail) => /https?:\S+\/signin\/link\?token=\S+/.exec(mail.text)[0]

// axe-core is a script itself.
const looksWell = (page, options) => (options.javaScriptEnabled === false ? undefined : isAccessible(page))

async function askForMail(gatehouse, page, email, options = {}) {
  await page.goto(`${gatehouse.address}/account`)
  await page.getByLabel('Email or username').fill(email)
  await press(page, 'Send a link by mail')
  await titled(page, 'Sign in by mail')
  await looksWell(page, options)
  await press(page, 'Send mail')
  await titled(page, 'Check your mail')
}

for (const [name, options] of [['', {}], [' without script', { javaScriptEnabled: false }]]) {
  test(`a link signs in the browser that asked, and no other${name}`, async () => {
    const email = `links${name.length}@example.com`
    const { page: first, close: closeFirst } = await visitor(browser)
    await first.goto(`${byMail.address}/account`)
    await register(byMail, first, { email, password: 'a long enough passphrase' })
    await closeFirst()

    const asking = await visitor(browser, options)
    await askForMail(byMail, asking.page, email, options)
    await looksWell(asking.page, options)
    const mail = await byMail.mailTo(email)

    const other = await visitor(browser, options)
    await other.page.goto(linkIn(mail))
    await titled(other.page, 'Go on where you began')
    await looksWell(other.page, options)
    assert.equal((await other.page.locator('.keepsake code').textContent()).replace(' ', ''), codeIn(mail))
    assert.equal(await other.page.getByRole('button', { name: 'Sign in' }).count(), 0)
    await other.page.goto(`${byMail.address}/account`)
    await titled(other.page, 'Sign in')
    await other.close()

    await asking.page.goto(linkIn(mail))
    await titled(asking.page, 'Sign in')
    await looksWell(asking.page, options)
    await press(asking.page, 'Sign in')
    await asking.page.getByRole('heading', { name: 'About you' }).waitFor()
    await asking.page.goto(linkIn(mail))
    await titled(asking.page, 'This link was already used')
    await asking.close()
  })
}
