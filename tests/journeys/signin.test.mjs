// A person with a browser signs up once and is signed in to two applications.  rooms: signin, journey, session, oauth, view
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { enterCode, heading, isAccessible, openBrowser, press, register, signIn, visitor, visitorWithoutCookies } from '../support/browser.mjs'
import { startDemo } from '../support/demo.mjs'

const password = 'a long enough passphrase'
let demo, browser, number = 0
const someone = () => ({ email: `person${++number}@example.com`, name: 'Ada Lovelace', password })

before(async () => { [demo, browser] = await Promise.all([startDemo(), openBrowser()]) })
after(async () => {
  await browser?.close()
  await demo?.stop()
})

// A test with a visitor of its own, whose faults fail it.
const journey = (name, body, options) => test(name, async () => {
  const guest = await visitor(browser, options)
  await body(guest)
  await guest.close()
})
async function toSignIn(page) {
  await page.goto(`${demo.shop.address}/sign-in`)
  await heading(page).filter({ hasText: 'Sign in' }).waitFor()
}
const isInShop = (page, name = 'Ada Lovelace') => page.getByRole('heading', { name: `Hello, ${name}` }).waitFor()
async function registered(options) {
  const ada = someone()
  const guest = await visitor(browser, options)
  await toSignIn(guest.page)
  await register(demo.gatehouse, guest.page, ada)
  await isInShop(guest.page)
  return { ...guest, ada }
}

journey('one account for two applications, and one sign-out', async ({ page }) => {
  const ada = someone()
  await page.goto(demo.shop.address)
  await page.getByRole('link', { name: 'Sign in or create an account' }).click()
  await isAccessible(page)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await isAccessible(page)
  await page.getByLabel('Email address').fill(ada.email)
  await page.getByLabel('Name').fill(ada.name)
  await page.locator('input[autocomplete=new-password]').fill(ada.password)
  await press(page, 'Create account')
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  await isAccessible(page)
  await enterCode(demo.gatehouse, page, ada.email)
  await isInShop(page)
  await page.getByText(ada.email).waitFor()
  await press(page, 'Refresh tokens')
  await page.getByText('Refreshed 1 time.').waitFor()

  await page.goto(demo.support.address)
  await page.getByRole('link', { name: 'Continue with Acme' }).click()
  await page.getByRole('heading', { name: 'Acme Support would like to use your account' }).waitFor()
  await page.getByText('See your orders').waitFor()
  await isAccessible(page)
  await press(page, 'Don’t allow')
  await page.getByText('You did not allow access').waitFor()
  await page.getByRole('link', { name: 'Continue with Acme' }).click()
  await press(page, 'Allow')
  await page.getByRole('heading', { name: 'Welcome, ' }).waitFor()
  await page.getByText('orders:read').waitFor()

  await page.goto(demo.shop.address)
  await press(page, 'Sign out')
  await page.getByRole('link', { name: 'Sign in or create an account' }).waitFor()
  await page.getByRole('link', { name: 'Sign in or create an account' }).click()
  await page.locator('input[autocomplete=current-password]').waitFor()
  await signIn(page, ada)
  await isInShop(page)
})

test('wrong passwords and unknown people read the same, beside the field', async () => {
  const { ada, ...guest } = await registered()
  const texts = []
  for (const email of [ada.email, 'nobody@example.com']) {
    const stranger = await visitor(browser)
    await toSignIn(stranger.page)
    await signIn(stranger.page, { email, password: 'not the password at all' })
    await stranger.page.getByText('Email or password is not right').first().waitFor()
    assert.equal(await stranger.page.locator('input[autocomplete~=username]').inputValue(), email)
    assert.equal(await stranger.page.locator('input[autocomplete=current-password]').inputValue(), '')
    await isAccessible(stranger.page)
    texts.push((await stranger.page.locator('main').innerText()).replaceAll(email, ''))
    await stranger.close()
  }
  assert.equal(texts[0], texts[1])
  await guest.close()
})

test('a forgotten password is replaced by mail, and other sessions end', async () => {
  const { ada, page: elsewhere, close } = await registered()
  const guest = await visitor(browser)
  const { page } = guest
  await toSignIn(page)
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await isAccessible(page)
  await page.locator('input[type=email], input[autocomplete~=username]').fill(ada.email)
  await press(page, 'Send code')
  await page.locator('[autocomplete=one-time-code]').waitFor()
  await isAccessible(page)
  await enterCode(demo.gatehouse, page, ada.email)
  await page.locator('input[autocomplete=new-password]').fill('another long passphrase')
  await isAccessible(page)
  await press(page, 'Set new password')
  await isInShop(page)
  await guest.close()

  await elsewhere.goto(`${demo.gatehouse.address}/account`)
  await elsewhere.locator('input[autocomplete=current-password]').waitFor()
  await signIn(elsewhere, ada)
  await elsewhere.getByText('Email or password is not right').first().waitFor()
  await signIn(elsewhere, { ...ada, password: 'another long passphrase' })
  await elsewhere.getByRole('heading', { name: 'About you' }).waitFor()
  await close()
})

journey('an address that has an account is told by mail only', async ({ page }) => {
  const { ada, close } = await registered()
  await close()
  await toSignIn(page)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Email address').fill(ada.email)
  await page.getByLabel('Name').fill('Mallory')
  await page.locator('input[autocomplete=new-password]').fill('a guess of some length')
  await press(page, 'Create account')
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  const mail = await demo.gatehouse.mailTo(ada.email)
  assert.match(mail.subject, /already have/)
})

journey('a wrong code is said beside the field, and a new one works', async ({ page }) => {
  const ada = someone()
  await toSignIn(page)
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Email address').fill(ada.email)
  await page.getByLabel('Name').fill(ada.name)
  await page.locator('input[autocomplete=new-password]').fill(ada.password)
  await press(page, 'Create account')
  await demo.gatehouse.mailTo(ada.email)
  await page.locator('[autocomplete=one-time-code]').fill('000000')
  await press(page, 'Confirm')
  await page.getByText('This code is not right').first().waitFor()
  await isAccessible(page)
  await press(page, 'Send a new code')
  await page.getByText('A new code is on its way').waitFor()
  await enterCode(demo.gatehouse, page, ada.email)
  await isInShop(page)
})

journey('two tabs: the one finished second ends signed in as well', async ({ page, context }) => {
  const { ada, close } = await registered()
  await close()
  await toSignIn(page)
  const second = await context.newPage()
  await toSignIn(second)
  await signIn(page, ada)
  await isInShop(page)
  await signIn(second, ada)
  await second.getByRole('heading', { level: 1 }).waitFor()
  assert.ok(!/went wrong/i.test(await second.locator('body').innerText()))
  await second.goto(`${demo.shop.address}/sign-in`)
  await isInShop(second)
})

journey('the back button after sign-in leads on, not into an error', async ({ page }) => {
  const { ada, close } = await registered()
  await close()
  await toSignIn(page)
  await signIn(page, ada)
  await isInShop(page)
  await page.goBack()
  if (await page.locator('input[autocomplete=current-password]').count() > 0) {
    await signIn(page, ada)
    await page.waitForLoadState()
  }
  assert.ok(!/something went wrong/i.test(await page.locator('body').innerText()))
  await page.goto(`${demo.shop.address}/sign-in`)
  await isInShop(page)
})

journey('a double submit signs in once', async ({ page }) => {
  const { ada, close } = await registered()
  await close()
  await toSignIn(page)
  await page.locator('input[autocomplete~=username]').fill(ada.email)
  await page.locator('input[autocomplete=current-password]').fill(ada.password)
  const button = page.getByRole('button', { name: 'Sign in', exact: true })
  await button.dblclick({ noWaitAfter: true }).catch(() => {}) // the page may leave between the two
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.goto(`${demo.shop.address}/sign-in`)
  await isInShop(page)
})

journey('a reload after a refused form asks nothing and repeats nothing', async ({ page }) => {
  const { ada, close } = await registered()
  await close()
  await toSignIn(page)
  await signIn(page, { ...ada, password: 'wrong on purpose, once' })
  await page.getByText('Email or password is not right').first().waitFor()
  await page.reload()
  await signIn(page, ada)
  await isInShop(page)
})

test('with cookies switched off a page says what to do', async () => {
  const { page, close } = await visitorWithoutCookies()
  await page.goto(`${demo.shop.address}/sign-in`)
  if (await page.locator('input[autocomplete=current-password]').count() > 0) await signIn(page, { email: 'ada@example.com', password })
  await page.getByRole('heading', { name: 'Cookies are switched off' }).waitFor()
  await isAccessible(page)
  await close()
})

journey('cookies that are gone in the middle are explained, and it starts again', async ({ page, context }) => {
  const { ada, close } = await registered()
  await close()
  await toSignIn(page)
  await context.clearCookies()
  await signIn(page, ada)
  await page.getByRole('heading', { name: /Cookies are switched off|belongs to another browser/ }).waitFor()
  await isAccessible(page)
  await page.getByRole('link', { name: /Start again|Try again/ }).click()
  await signIn(page, ada)
  await page.waitForURL((address) => address.href.startsWith(demo.shop.address))
})

journey('everything works without script', async ({ page }) => {
  const ada = someone()
  await toSignIn(page)
  await register(demo.gatehouse, page, ada)
  await isInShop(page)
  await press(page, 'Sign out')
  await page.getByRole('link', { name: 'Sign in or create an account' }).click()
  await signIn(page, ada)
  await isInShop(page)
}, { javaScriptEnabled: false })

journey('the keyboard is enough', async ({ page }) => {
  const { ada, close } = await registered()
  await close()
  await toSignIn(page)
  const tabTo = async (selector) => {
    for (let presses = 0; presses < 15; ++presses) {
      if (await page.locator(selector).evaluate((element) => element === document.activeElement)) return
      await page.keyboard.press('Tab')
    }
    assert.fail(`the Tab key does not lead to ${selector}`)
  }
  await tabTo('input[autocomplete~=username]')
  await page.keyboard.type(ada.email)
  await tabTo('input[autocomplete=current-password]')
  await page.keyboard.type(ada.password)
  await page.keyboard.press('Enter')
  await isInShop(page)
})

journey('a person who reads German gets German pages and mail', async ({ page }) => {
  const ada = someone()
  await page.goto(`${demo.shop.address}/sign-in`)
  assert.equal(await page.locator('html').getAttribute('lang'), 'de')
  await isAccessible(page)
  await page.locator('a[href*="/register"]').first().click()
  await page.locator('input[type=email]').fill(ada.email)
  await page.locator('input[autocomplete=name]').fill('Änne Größe')
  await page.locator('input[autocomplete=new-password]').fill(ada.password)
  await page.locator('button.button-primary').click()
  await page.locator('[autocomplete=one-time-code]').waitFor()
  await isAccessible(page)
  const mail = await demo.gatehouse.mailTo(ada.email)
  assert.match(mail.subject, /Code/)
  assert.match(mail.text, /Minuten/)
  await page.locator('[autocomplete=one-time-code]').fill(/\b\d{6}\b/.exec(mail.text)[0])
  await page.locator('button.button-primary').click()
  await isInShop(page, 'Änne Größe')
}, { locale: 'de-DE' })

for (const colorScheme of ['light', 'dark'])
  journey(`the sign-in page fits a narrow screen (${colorScheme})`, async ({ page }) => {
    await toSignIn(page)
    const [wide, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
    assert.ok(wide <= shown, `${wide} px of content on ${shown} px of screen`)
    await isAccessible(page)
  }, { viewport: { width: 320, height: 640 }, colorScheme })

journey('unknown applications and addresses are answered with a page', async ({ page }) => {
  const authorize = `${demo.gatehouse.address}/oauth2/authorize?response_type=code&client_id=`
  for (const rest of ['nobody&redirect_uri=https%3A%2F%2Fevil.example', 'acme-shop&redirect_uri=https%3A%2F%2Fevil.example']) {
    const response = await page.goto(authorize + rest)
    assert.equal(response.status(), 400)
    assert.ok(!(await page.content()).includes('evil.example'))
    await isAccessible(page)
  }
  const response = await page.goto(`${demo.gatehouse.address}/no/such/page`)
  assert.equal(response.status(), 404)
  await isAccessible(page)
})
