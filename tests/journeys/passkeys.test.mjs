// Passkeys and security keys with Chromium's virtual authenticators.  rooms: account, signin, credentials
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { verifyRegistrationResponse } from '@simplewebauthn/server'
import { addAuthenticator, nonResident, platform, roaming, touched, u2f } from '../support/authenticator.mjs'
import { heading, isAccessible, openBrowser, press, register, signIn, visitor } from '../support/browser.mjs'
import { startGatehouse, until } from '../support/gatehouse.mjs'

const password = 'a long enough passphrase'
let gatehouse, browser, number = 0

before(async () => { [gatehouse, browser] = await Promise.all([startGatehouse(), openBrowser()]) })
after(async () => {
  await browser?.close()
  await gatehouse?.stop()
})

// At the account's security page, with an authenticator.
async function atSecurity(options) {
  const ada = { email: `passkey${++number}@example.com`, name: 'Ada Lovelace', password }
  const guest = await visitor(browser)
  await guest.page.goto(`${gatehouse.address}/account`)
  await register(gatehouse, guest.page, ada)
  await guest.page.getByRole('navigation').getByRole('link', { name: 'Security' }).click()
  return { ...guest, ada, authenticator: await addAuthenticator(guest.page, options) }
}
const panel = (page) => page.getByRole('region', { name: 'Passkeys and security keys' })
// The browser's answer, as it was sent.
async function sentWhile(page, doing) {
  const [request] = await Promise.all([page.waitForRequest((request) => request.method() === 'POST'), doing()])
  return JSON.parse(new URLSearchParams(request.postData()).get('passkey'))
}
async function addPasskey(page, name) {
  await panel(page).getByRole('link', { name: 'Add a passkey' }).click()
  await page.getByLabel('Name').fill(name)
  const options = JSON.parse(await page.locator('[data-ceremony=create]').getAttribute('data-options'))
  const answer = await sentWhile(page, () => press(page, 'Create passkey'))
  await page.getByText('The passkey is added.').waitFor()
  return { options, answer }
}

for (const [kind, options] of Object.entries({ platform, roaming, nonResident, touched, u2f }))
  test(`a passkey is added, renamed and removed: ${kind}`, async () => {
    const { page, ada, authenticator, close } = await atSecurity(options)
    const { options: asked, answer } = await addPasskey(page, 'My key')
    await isAccessible(page) // with the recovery codes
    const [credential] = await authenticator.credentials()
    assert.equal(Buffer.from(credential.credentialId, 'base64').toString('base64url'), answer.rawId)

    // What we took, another implementation takes, too.
    const oracle = await verifyRegistrationResponse({
      response: answer, expectedChallenge: asked.challenge, expectedOrigin: gatehouse.address,
      expectedRPID: 'localhost', requireUserVerification: false,
    })
    assert.ok(oracle.verified)
    assert.equal(oracle.registrationInfo.userVerified, options.isUserVerified)

    await page.getByRole('link', { name: 'I have kept them' }).or(page.getByRole('navigation').getByRole('link', { name: 'Security' })).first().click()
    await panel(page).getByText('My key').waitFor()
    await isAccessible(page)
    await panel(page).getByRole('link', { name: /My key/ }).click()
    await isAccessible(page)
    await page.getByLabel('Name').fill('Key ring')
    await press(page, 'Save changes')
    await page.getByText('The passkey has its new name.').waitFor()
    await panel(page).getByRole('link', { name: /Key ring/ }).click()
    await press(page, 'Remove this passkey')
    await page.getByText('The passkey is removed.').waitFor()
    await panel(page).getByText('No passkey yet.').waitFor()
    // A browser that knows the signal API forgets it, too; credentials that it never listed stay.
    if (options === platform && await page.evaluate(() => 'signalAllAcceptedCredentials' in PublicKeyCredential))
      await until('the authenticator to forget it', async () => (await authenticator.credentials()).length === 0)
    const subjects = (await gatehouse.mails()).filter((mail) => mail.to.includes(ada.email)).map((mail) => mail.subject)
    assert.ok(subjects.some((subject) => /method was added/.test(subject)) && subjects.some((subject) => /method was removed/.test(subject)))
    await close()
  })

// Another visitor with the same authenticator in their pocket.
async function cameBack(authenticator, options, { present = true } = {}) {
  const guest = await visitor(browser)
  const pocket = await addAuthenticator(guest.page, options)
  await pocket.isPresent(present)
  for (const credential of await authenticator.credentials()) await pocket.take(credential)
  return { ...guest, pocket }
}
const isIn = (page) => page.getByRole('heading', { name: 'About you' }).waitFor()

for (const [kind, options] of Object.entries({ platform, roaming }))
  test(`a passkey signs in by its button: ${kind}`, async () => {
    const { page, authenticator, close } = await atSecurity(options)
    await addPasskey(page, 'My key')
    const { page: there, pocket, close: leave } = await cameBack(authenticator, options, { present: false })
    await there.goto(`${gatehouse.address}/account`)
    await isAccessible(there)
    await pocket.isPresent(true)
    await press(there, 'Sign in with a passkey')
    await isIn(there)
    await leave()
    await close()
  })

test('a passkey is offered among the autofill entries', async () => {
  const { page, authenticator, close } = await atSecurity()
  await addPasskey(page, 'My key')
  const { page: there, close: leave } = await cameBack(authenticator, platform)
  await there.goto(`${gatehouse.address}/account`) // the virtual person chooses it at once
  await isIn(there)
  await leave()
  await close()
})

test('a security key without verification stands beside the password, and alone signs nobody in', async () => {
  const { page, ada, authenticator, close } = await atSecurity(u2f)
  await addPasskey(page, 'Old key')
  const { page: there, close: leave } = await cameBack(authenticator, u2f)
  await there.goto(`${gatehouse.address}/account`)
  await press(there, 'Sign in with a passkey')
  await there.getByText('That did not work, or was cancelled.').waitFor()
  await signIn(there, ada)
  await there.getByRole('heading', { name: 'Use your passkey' }).waitFor()
  await isAccessible(there)
  await press(there, 'Use passkey')
  await isIn(there)
  await leave()
  await close()
})

for (const [kind, options] of Object.entries({ platform, roaming, nonResident, touched }))
  test(`a passkey stands beside the password: ${kind}`, async () => {
    const { page, ada, authenticator, close } = await atSecurity(options)
    await addPasskey(page, 'My key')
    const { page: there, pocket, close: leave } = await cameBack(authenticator, options, { present: false })
    await there.goto(`${gatehouse.address}/account`)
    await signIn(there, ada)
    await there.getByRole('heading', { name: 'Use your passkey' }).waitFor()
    await pocket.isPresent(true)
    await press(there, 'Use passkey')
    await isIn(there)
    await leave()
    await close()
  })

test('the wrong finger does not get in', async () => {
  const { page, authenticator, close } = await atSecurity()
  await addPasskey(page, 'My key')
  const { page: there, pocket, close: leave } = await cameBack(authenticator, platform, { present: false })
  await pocket.isVerified(false)
  await there.goto(`${gatehouse.address}/account`)
  await pocket.isPresent(true)
  await press(there, 'Sign in with a passkey')
  await there.getByText('That did not work, or was cancelled.').waitFor()
  await heading(there).getByText('Sign in').waitFor()
  await leave()
  await close()
})

test('an authenticator that is registered already is not added twice, and a refusal is told', async () => {
  const { page, authenticator, close } = await atSecurity()
  await addPasskey(page, 'My key')
  await page.getByRole('navigation').getByRole('link', { name: 'Security' }).click()
  await panel(page).getByRole('link', { name: 'Add a passkey' }).click()
  await page.getByLabel('Name').press('Enter') // the same as the button
  await page.getByText('That did not work, or was cancelled.').waitFor()
  await isAccessible(page)
  assert.equal((await authenticator.credentials()).length, 1)
  await close()
})

test('without script the page says what is missing', async () => {
  const { page, close } = await atSecurity()
  const address = `${gatehouse.address}/account/security/passkey/new`
  const state = await page.context().storageState()
  const plain = await visitor(browser, { javaScriptEnabled: false, storageState: state })
  await plain.page.goto(address)
  assert.match(await plain.page.locator('noscript').textContent(), /Passkeys need JavaScript/)
  assert.equal(await plain.page.getByRole('button', { name: 'Create passkey' }).count(), 0)
  assert.equal(await heading(plain.page).count(), 1)
  await plain.close()
  await close()
})
