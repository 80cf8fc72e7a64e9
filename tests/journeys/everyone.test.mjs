// Every page serves everyone: in light and dark, from right to left, with the keyboard alone, without script, and on
// a slow line.  rooms: view, journey, signin, account
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isAccessible, openBrowser, visitor } from '../support/browser.mjs'
import { codeIn, startGatehouse } from '../support/gatehouse.mjs'
import { totp } from '../support/totp.mjs'

const password = 'a long enough passphrase'
let gatehouse, browser, number = 0

before(async () => { [gatehouse, browser] = await Promise.all([startGatehouse(), openBrowser()]) })
after(async () => {
  await browser?.close()
  await gatehouse?.stop()
})

const someone = () => `everyone${++number}@example.com`
const shown = (page) => page.locator('.keepsake code').allTextContents()
const isAt = (page, heading) => page.locator(heading).first().waitFor()
// What a page asks for, in whichever language it asks.
const email = 'main input[type=email], main input[autocomplete~=username]'
const secret = 'main input[autocomplete=current-password]'
const fresh = 'main input[autocomplete=new-password]'
const code = 'main input[autocomplete=one-time-code]'
const go = 'main .button-primary[type=submit]'
const securityForm = (name) => `form[action$="${name}"]`

// From the sign-in page through every page of the account and out again. `look` sees each page as it comes; `type`,
// `press` and `follow` are the visitor's ways to do things.
async function walk(page, person, { type, press, follow, look }) {
  await isAt(page, secret)
  await look(page)
  await follow(page, 'a[href*="register"]')
  await isAt(page, fresh)
  await look(page)
  await type(page, 'main input[autocomplete=name]', 'Ada Lovelace')
  await type(page, email, person)
  await type(page, fresh, 'short')
  await press(page, go)
  await isAt(page, '.field.invalid')
  await look(page)
  await type(page, fresh, password)
  await press(page, go)
  await isAt(page, code)
  await look(page)
  await type(page, code, codeIn(await gatehouse.mailTo(person)))
  await press(page, go)
  await isAt(page, 'nav.tabs')
  await look(page)
  await press(page, securityForm('/account') + ' .button-primary')
  await isAt(page, '.notice-success')
  await look(page)

  for (const place of ['security', 'sessions', 'applications']) {
    await follow(page, `nav.tabs a[href$="/${place}"]`)
    await isAt(page, `nav.tabs a[href$="/${place}"][aria-current]`)
    await look(page)
  }
  await follow(page, 'nav.tabs a[href$="/security"]')
  await isAt(page, 'a[href$="/authenticator/new"]')
  await follow(page, 'a[href$="/authenticator/new"]')
  await isAt(page, '.qr')
  await look(page)
  const [key] = await shown(page)
  await type(page, code, totp(key))
  await press(page, go)
  await isAt(page, '.keepsake.several')
  await look(page)
  await follow(page, 'nav.tabs a[href$="/security"]')
  await isAt(page, '.item')
  await look(page)
}

const pointer = {
  type: (page, field, text) => page.locator(field).first().fill(text),
  press: (page, button) => page.locator(button).first().click(),
  follow: (page, link) => page.locator(link).first().click(),
}

for (const [language, colorScheme] of [['en', 'light'], ['de', 'dark'], ['ar', 'light'], ['ar', 'dark'], ['ja', 'light']])
  test(`axe-core finds nothing from sign-up to sign-out in ${language}, ${colorScheme}`, async () => {
    const { page, close } = await visitor(browser, { colorScheme, locale: language, reducedMotion: 'reduce' })
    const look = async () => {
      assert.equal(await page.getAttribute('html', 'lang'), language)
      assert.equal(await page.getAttribute('html', 'dir'), language === 'ar' ? 'rtl' : 'ltr')
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'scrolls sideways')
      await isAccessible(page)
    }
    await page.goto(`${gatehouse.address}/account`)
    await walk(page, someone(), { ...pointer, look })
    await page.goto(`${gatehouse.address}/no-such-page`)
    await look()
    await page.goto(`${gatehouse.address}/account`)
    await page.locator('.bar .who a').click()
    await isAt(page, '.single')
    await look()
    await page.locator(go).first().click()
    await isAt(page, '.step-signed_out')
    await look()
    await page.goto(`${gatehouse.address}/account`)
    await page.locator('a[href*="recover"]').first().click()
    await isAt(page, email)
    await look()
    await page.locator('.languages summary').click()
    await isAccessible(page)
    await close()
  })

// Tab leads there, and one sees where one is.
async function reach(page, selector) {
  const isThere = (target) => document.activeElement?.matches(target)
  for (let steps = 0; steps < 60; ++steps) {
    if (await page.evaluate(isThere, selector)) {
      const seen = await page.evaluate(() => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement)
        return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none'
      })
      assert.ok(seen, `the focus on ${selector} cannot be seen`)
      return
    }
    await page.keyboard.press('Tab')
  }
  assert.fail(`Tab does not reach ${selector} on ${page.url()}`)
}
const keyboard = {
  type: async (page, field, text) => {
    await reach(page, field)
    await page.keyboard.press('Control+A')
    await page.keyboard.type(text)
  },
  press: async (page, button) => {
    await reach(page, button)
    await page.keyboard.press('Enter')
  },
  follow: async (page, link) => {
    await reach(page, link)
    await page.keyboard.press('Enter')
  },
}

test('the keyboard alone is enough', async () => {
  const { page, close } = await visitor(browser)
  const ada = someone()
  await page.goto(`${gatehouse.address}/account`)
  // The languages open and close, and another one is chosen.
  await keyboard.press(page, '.languages summary')
  await keyboard.follow(page, '.languages a[hreflang=fr]')
  await page.locator('html[lang=fr]').waitFor()
  await walk(page, ada, { ...keyboard, look: async () => {} })
  await keyboard.follow(page, 'a[href^="/account/security/authenticator?id="]')
  await isAt(page, '.panel .button-danger')
  await keyboard.press(page, '.panel .button-danger')
  await isAt(page, '.notice-success')
  await keyboard.follow(page, '.who a')
  await isAt(page, '.single')
  await keyboard.press(page, go)
  await isAt(page, '.step-signed_out')
  await page.goto(`${gatehouse.address}/account`)
  await keyboard.type(page, email, ada)
  await keyboard.type(page, secret, password)
  await page.keyboard.press('Enter')
  await isAt(page, 'nav.tabs')
  // The first Tab of a page leads over its head to what it is about.
  await page.reload()
  await page.keyboard.press('Tab')
  await reach(page, '.skip')
  await close()
})

for (const language of ['en', 'ar'])
  test(`without script everything but passkeys works (${language})`, async () => {
    const { page, close } = await visitor(browser, { javaScriptEnabled: false, locale: language })
    const ada = someone()
    await page.goto(`${gatehouse.address}/account`)
    // Nothing is offered that would need script.
    const look = async () => {
      for (const needless of await page.locator('button:visible').all())
        assert.equal(await needless.getAttribute('type'), 'submit', await needless.textContent())
    }
    await walk(page, ada, { ...pointer, look })

    await pointer.type(page, `${securityForm('/account/password')} ${secret.slice(5)}`, password)
    await pointer.type(page, `${securityForm('/account/password')} ${fresh.slice(5)}`, 'another long passphrase')
    await pointer.press(page, `${securityForm('/account/password')} button[type=submit]`)
    await isAt(page, '.notice-success')
    await pointer.follow(page, '.who a')
    await pointer.press(page, go)
    await isAt(page, '.step-signed_out')

    // The way back with a code by mail, in another language.
    await page.goto(`${gatehouse.address}/account`)
    await page.locator('.languages summary').click()
    await page.locator('.languages a[hreflang=pt-BR]').click()
    await page.locator('html[lang=pt-BR]').waitFor()
    await pointer.follow(page, 'a[href*="recover"]')
    await pointer.type(page, email, ada)
    await pointer.press(page, go)
    await isAt(page, code)
    const mail = await until(ada, /Seu código/)
    await pointer.type(page, code, codeIn(mail))
    await pointer.press(page, go)
    await pointer.type(page, fresh, 'a third long passphrase')
    await pointer.press(page, go)
    await isAt(page, 'h1')
    await look()
    await close()
  })

// The mail to a person whose subject reads so; earlier ones are passed over.
async function until(person, subject) {
  for (;;) {
    const mail = await gatehouse.mailTo(person)
    if (subject.test(mail.subject)) return mail
  }
}

for (const language of ['en', 'de', 'fr', 'es', 'pt-BR', 'ja', 'ar'])
  test(`the sign-in page comes in less than 30 KB (${language})`, async () => {
    const { page, context, close } = await visitor(browser, { locale: language })
    const network = await context.newCDPSession(page)
    await network.send('Network.enable')
    let bytes = 0
    const paths = new Map()
    network.on('Network.responseReceived', ({ requestId, response }) => paths.set(requestId, response.url))
    network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (paths.has(requestId)) bytes += encodedDataLength
    })
    await page.goto(`${gatehouse.address}/account`, { waitUntil: 'networkidle' })
    await isAt(page, secret)
    const loaded = [...paths.values()].map((address) => new URL(address).pathname)
    for (const kind of [/\.css$/, /\.js$/])
      assert.ok(loaded.some((path) => kind.test(path)), `${kind} is not among ${loaded}`)
    assert.ok(bytes > 3_000 && bytes < 30 * 1024, `${bytes} bytes: ${loaded}`)
    await close()
  })
