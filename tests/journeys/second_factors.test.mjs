// A person adds an authenticator app and keeps recovery codes.  rooms: account, credentials
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { isAccessible, openBrowser, press, register, visitor } from '../support/browser.mjs'
import { startGatehouse } from '../support/gatehouse.mjs'
import { totp } from '../support/totp.mjs'

let gatehouse, browser, number = 0

before(async () => { [gatehouse, browser] = await Promise.all([startGatehouse(), openBrowser()]) })
after(async () => {
  await browser?.close()
  await gatehouse?.stop()
})

async function atSecurity(options) {
  const guest = await visitor(browser, options)
  const ada = { email: `factors${++number}@example.com`, password: 'a long enough passphrase' }
  await guest.page.goto(`${gatehouse.address}/account/security`)
  await register(gatehouse, guest.page, ada)
  await guest.page.getByText('No app yet.').waitFor()
  return { ...guest, ada }
}
const shown = (page) => page.locator('.keepsake code').allTextContents()

async function addApp(page, name) {
  await page.getByRole('link', { name: 'Add an authenticator app' }).click()
  await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor()
  const [key] = await shown(page)
  await page.getByLabel('Code from the app').fill(totp(key))
  await page.getByLabel('Name').fill(name)
  await press(page, 'Add')
  return key
}

test('an authenticator app is added, named anew and removed', async () => {
  const { page, ada, close } = await atSecurity()
  await isAccessible(page)
  await page.getByRole('link', { name: 'Add an authenticator app' }).click()
  const key = await shown(page)
  await isAccessible(page)
  await page.getByLabel('Code from the app').fill('000000')
  await page.getByLabel('Name').fill('Phone')
  await press(page, 'Add')
  await page.getByText('This code is not right.').waitFor()
  await isAccessible(page)
  assert.deepEqual(await shown(page), key)
  await page.getByLabel('Code from the app').fill(totp(key[0]))
  await press(page, 'Add')
  await page.getByText('The authenticator app is added.').waitFor()
  await isAccessible(page)
  const codes = await shown(page)
  assert.equal(new Set(codes).size, 10)
  await page.getByRole('link', { name: 'I have kept them' }).click()
  await page.getByText('10 codes left').waitFor()
  await isAccessible(page)

  await page.getByRole('link', { name: /^Phone/ }).click()
  await page.getByLabel('Name').fill('Grandmother’s phone')
  await press(page, 'Save changes')
  await page.getByText('The authenticator app has its new name.').waitFor()
  await page.getByRole('link', { name: 'Grandmother’s phone' }).click()
  await page.getByText('It is your last second factor.').waitFor()
  await isAccessible(page)
  await press(page, 'Remove this app')
  await page.getByText('The authenticator app is removed.').waitFor()
  await page.getByText('No app yet.').waitFor()
  assert.equal(await page.getByText('codes left').count(), 0)
  const subjects = (await gatehouse.mails()).filter((mail) => mail.to.includes(ada.email)).map((mail) => mail.subject)
  assert.ok(subjects.some((subject) => /method was added/.test(subject)), subjects)
  assert.ok(subjects.some((subject) => /method was removed/.test(subject)), subjects)
  await close()
})

for (const javaScriptEnabled of [true, false])
  test(`recovery codes are downloaded ${javaScriptEnabled ? 'twice from one page' : 'without script'}`, async () => {
    const { page, close } = await atSecurity({ javaScriptEnabled })
    await addApp(page, 'Phone')
    await page.getByText('Your recovery codes').waitFor()
    const codes = await shown(page)
    for (let times = javaScriptEnabled ? 2 : 1; times > 0; --times) {
      const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'Download')])
      assert.equal(download.suggestedFilename(), 'recovery-codes.txt')
      const file = readFileSync(await download.path(), 'utf8')
      assert.deepEqual(file.match(/^.{5}-.{5}$/gm), codes)
    }
    await page.getByRole('link', { name: 'I have kept them' }).click()
    await press(page, 'Replace with new codes')
    await page.getByText('Your recovery codes').waitFor()
    assert.equal((await shown(page)).some((code) => codes.includes(code)), false)
    await close()
  })

test('recovery codes are copied line by line', async () => {
  const { page, context, close } = await atSecurity()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await addApp(page, 'Phone')
  await page.getByText('Your recovery codes').waitFor()
  await press(page, 'Copy')
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), (await shown(page)).join('\n'))
  await close()
})
