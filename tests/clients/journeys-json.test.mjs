// A first-party app signs people in with its own pages: the JSON face of journeys.  rooms: signin, journey, oauth
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { codeIn, startGatehouse, until } from '../support/gatehouse.mjs'
import { Person } from '../support/person.mjs'

const callback = 'com.example.app:/callback'
const password = 'a long enough passphrase'
const guide = readFileSync(new URL('../../docs/handbook/native-apps.md', import.meta.url), 'utf8')
let gatehouse, number = 0

before(async () => {
  const [, declaration] = /```json\n(\{[^]*?)```/.exec(guide) // the example of the handbook, and an application of others
  const configuration = JSON.parse(declaration)
  configuration.applications.push({ client_id: 'partner', client_name: 'Partner', kind: 'native', first_party: false, redirect_uris: [callback] })
  gatehouse = await startGatehouse({ configuration })
  const file = join(gatehouse.folder, 'other.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(declaration), tenant: 'other' }))
  await gatehouse.gatehouse('apply', '--yes', file)
  // The server learns of it within a second.
  await until('the other tenant', () => fetch(`${gatehouse.address}/t/other/.well-known/openid-configuration`).then((answer) => answer.ok))
})
after(() => gatehouse?.stop())

async function post(path, body) {
  const response = await fetch(`${gatehouse.address}${path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  })
  assert.equal(response.headers.get('set-cookie'), null, 'no cookies take part')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.match(response.headers.get('content-type'), response.ok ? /^application\/json/ : /^application\/problem\+json/)
  return { status: response.status, ...await response.json(), http: response.status }
}

// An app on a phone: starts a journey with a proof key (RFC 7636), and redeems what comes of it.
function app(client_id = 'app', base = '') {
  const verifier = randomBytes(32).toString('base64url')
  const request = {
    client_id, redirect_uri: callback, response_type: 'code', scope: 'openid email', state: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
  }
  return {
    start: (purpose) => post(`${base}/api/v1/journeys`, { continuation: 'authorize', ...(purpose && { purpose }), request }),
    submit: (at, input, more = {}) => post(`${base}/api/v1/journeys/submit`, { journey: at.journey, step: at.page.step, input, ...more }),
    redeem: async (done) => {
      assert.equal(done.status, 'finished', JSON.stringify(done))
      const answer = new URL(done.redirect_to)
      assert.equal(answer.protocol + answer.pathname, callback)
      assert.equal(answer.searchParams.get('state'), request.state)
      const response = await fetch(`${gatehouse.address}${base}/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'authorization_code', code: answer.searchParams.get('code'), redirect_uri: callback, client_id, code_verifier: verifier }),
      })
      const tokens = await response.json()
      assert.equal(response.status, 200, JSON.stringify(tokens))
      return { ...tokens, claims: JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url')) }
    },
  }
}

async function registered() {
  const email = `person${++number}@example.com`
  const phone = app()
  const form = await phone.start('registration')
  assert.equal(form.page.step, 'register')
  const code = await phone.submit(form, { name: 'Ada', email, password })
  assert.equal(code.page.step, 'register_code')
  const done = await phone.submit(code, { code: codeIn(await gatehouse.mailTo(email)) })
  return { email, tokens: await phone.redeem(done) }
}

test('a person registers in the app, with the code from the mail, and the app gets its tokens', async () => {
  const { email, tokens } = await registered()
  assert.equal(tokens.claims.aud, 'app')
  const info = await fetch(`${gatehouse.address}/oauth2/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } })
  const claims = await info.json()
  assert.equal(claims.email, email)
  assert.equal(claims.email_verified, true)
  assert.equal(claims.sub, tokens.claims.sub)
})

test('a wrong password and an unknown account get the same answer, and the right one gets in', async () => {
  const { email, tokens } = await registered()
  const phone = app()
  const start = await phone.start()
  assert.equal(start.page.step, 'password')
  assert.deepEqual(start.page.fields.map(({ name }) => name), ['identifier', 'password', 'passkey_here', 'passkey_challenge'])
  assert.equal(start.page.extra.passkey.rpId, 'localhost')
  const refusal = async (identifier) => {
    const { instance, request_id, ...answer } = await phone.submit(await phone.start(), { identifier, password: 'not my password' })
    return answer
  }
  const wrong = await refusal(email)
  assert.equal(wrong.http, 401)
  assert.equal(wrong.code, 'wrong_credentials')
  assert.equal(wrong.pointer, '/input/password')
  assert.deepEqual(await refusal('nobody@example.com'), wrong)
  const again = await phone.redeem(await phone.submit(start, { identifier: email, password }))
  assert.equal(again.claims.sub, tokens.claims.sub)
  assert.equal((await phone.submit(start, { identifier: email, password })).http, 410, 'a finished journey ends')
})

test('a forgotten password is set anew, and the old one is void', async () => {
  const { email, tokens } = await registered()
  const phone = app()
  const sent = await phone.submit(await phone.start('recovery'), { identifier: email })
  assert.equal(sent.page.step, 'recover_code')
  const unknown = await phone.submit(await phone.start('recovery'), { identifier: 'nobody@example.com' })
  assert.equal(unknown.page.step, sent.page.step, 'who has an account is not told')
  const reset = await phone.submit(sent, { code: codeIn(await gatehouse.mailTo(email)) })
  assert.equal(reset.page.step, 'new_password')
  const weak = await phone.submit(reset, { password: 'password' })
  assert.deepEqual([weak.http, weak.pointer], [400, '/input/password'])
  const back = await phone.redeem(await phone.submit(reset, { password: 'an entirely new passphrase' }))
  assert.equal(back.claims.sub, tokens.claims.sub)
  assert.equal((await phone.submit(await phone.start(), { identifier: email, password })).code, 'wrong_credentials')
})

test('an application of somebody else is refused: its people sign in on our pages', async () => {
  const answer = await app('partner').start()
  assert.deepEqual([answer.http, answer.code], [403, 'unauthorized_client'])
})

test('guesses through the app count together with those on the pages', async () => {
  const { email } = await registered()
  const phone = app()
  const address = `${gatehouse.address}/account`
  let last
  for (let tries = 0; tries < 12 && last?.http !== 429; ++tries) {
    last = await phone.submit(await phone.start(), { identifier: email, password: `guess number ${tries}` })
    if (last.http !== 429) await (await new Person().go(address)).submit({ email, password: `another guess ${tries}` })
  }
  assert.deepEqual([last.http, last.code], [429, 'too_many_attempts'])
  const page = await (await new Person().go(address)).submit({ email, password })
  assert.equal(page.status, 429, 'the pages are shut as well, for the right password too')
})

test('a journey of one tenant is none of another', async () => {
  const here = await app().start()
  const there = app('app', '/t/other')
  assert.equal((await there.submit(here, { identifier: 'ada@example.com', password })).http, 410)
  assert.equal((await app().submit(await there.start(), { identifier: 'ada@example.com', password })).http, 410)
  assert.equal((await app().submit({ ...here, journey: here.journey.slice(0, -4) + 'AAAA' }, {})).http, 410, 'nor is a forged one')
})

test('the example of the handbook runs as it is written', async () => {
  const { email } = await registered()
  const [script] = guide.match(/(?<=```sh\n)[^]*?(?=```)/g)
  const said = execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
    encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, ISSUER: gatehouse.address, EMAIL: email, PASSWORD: password },
  })
  assert.match(said, /"access_token":/)
})
