// Python's authlib as relying party (authlib_client.py), one step a line; the person is here.  rooms: oauth, tokens
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { secrets, startGatehouse } from '../support/gatehouse.mjs'
import { Person, register } from '../support/person.mjs'

const callbackPort = 23997
const ada = { email: 'ada@example.com', password: 'a long enough passphrase' }
let gatehouse, python, lines, complaints = ''

before(async () => {
  gatehouse = await startGatehouse({ callbackPort })
  python = spawn('/usr/bin/python3', [new URL('authlib_client.py', import.meta.url).pathname], {
    env: {
      ISSUER: gatehouse.address, CLIENT_ID: 'web', CLIENT_SECRET: secrets.TEST_WEB_SECRET, SERVICE_SECRET: secrets.TEST_SERVICE_SECRET,
      REDIRECT_URI: `http://localhost:${callbackPort}/callback`, AUTHLIB_INSECURE_TRANSPORT: '1', PATH: process.env.PATH,
    },
  })
  python.stderr.on('data', (data) => { complaints += data })
  lines = createInterface(python.stdout)[Symbol.asyncIterator]()
})
after(async () => {
  python?.stdin.end()
  await gatehouse?.stop()
})

async function tell(step, argument = '') {
  python.stdin.write(`${step} ${argument}\n`)
  const { value, done } = await lines.next()
  if (done) {
    await once(python, 'close').catch(() => {})
    throw new Error(`authlib_client.py ended: ${complaints}`)
  }
  return JSON.parse(value)
}

test('authlib runs a code flow with PKCE and reads the ID token', async () => {
  const { location } = await tell('authorize')
  const { left } = await register(gatehouse, await new Person().go(location), ada)
  const { claims, userinfo } = await tell('callback', left.href)
  assert.equal(claims.iss, gatehouse.address)
  assert.equal(userinfo.sub, claims.sub)
  assert.equal(userinfo.email, ada.email)
})

test('authlib refreshes, introspects and revokes', async () => {
  const { before, after } = await tell('refresh')
  assert.notEqual(before, after)
  assert.equal((await tell('introspect')).active, true)
  assert.equal((await tell('revoke')).status, 200)
  assert.equal((await tell('introspect')).active, false)
})

test('authlib gets a token for a service', async () => {
  const { token_type, scope } = await tell('service')
  assert.equal(token_type, 'Bearer')
  assert.equal(scope, 'orders:read')
})
