// The management API as others read it: a foreign validator on its description, and answers held against it by Ajv.
// rooms: admin, oauth
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { startGatehouse } from '../support/gatehouse.mjs'

const secret = randomBytes(32).toString('base64url')
const configuration = JSON.parse(readFileSync(new URL('../../examples/management.json', import.meta.url), 'utf8'))
let gatehouse, token, description, ajv

before(async () => {
  gatehouse = await startGatehouse({ configuration, environment: { MANAGEMENT_SECRET: secret } })
  description = await (await fetch(`${gatehouse.address}/openapi.json`)).json()
  ajv = addFormats(new Ajv({ strict: false, allErrors: true }))
  ajv.addSchema({ $id: 'api:', components: description.components })
})
after(() => gatehouse?.stop())

// Asks, and holds the answer against the description of the operation.
async function ask(method, path, pattern, body) {
  const response = await fetch(`${gatehouse.address}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body && { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
    },
    body: body && JSON.stringify(body),
  })
  const described = description.paths[pattern][method.toLowerCase()].responses[response.status]
  assert.ok(described, `${method} ${pattern} is described with status ${response.status}`)
  const text = await response.text()
  if (!described.content) {
    assert.equal(text, '')
    return { response }
  }
  const [[type, { schema }]] = Object.entries(described.content)
  assert.equal(response.headers.get('content-type'), type)
  const answer = JSON.parse(text)
  const valid = ajv.compile({ $ref: schema.$ref.replace('#', 'api:#') })
  assert.ok(valid(answer), `${method} ${pattern}: ${ajv.errorsText(valid.errors)} in ${text}`)
  return { response, answer }
}

test('a foreign validator takes the description for OpenAPI 3.1', async () => {
  const validator = new Validator()
  const result = await validator.validate(description)
  assert.ok(result.valid, JSON.stringify(result.errors))
  assert.equal(validator.version, '3.1')
})

test('the reference page is what the server says', () => {
  const page = readFileSync(new URL('../../docs/reference/openapi.json', import.meta.url), 'utf8')
  assert.deepEqual(JSON.parse(page.replaceAll('https://id.example.com', gatehouse.address)), description)
})

test('the machine of the example gets its token', async () => {
  const response = await fetch(`${gatehouse.address}/t/system/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`management:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: `${gatehouse.address}/t/system/api/v1` }),
  })
  assert.equal(response.status, 200)
  token = (await response.json()).access_token
})

test('a user is made, found, changed and refused to those who came late', async () => {
  const made = await ask('POST', '/users', '/users', {
    identifiers: [{ kind: 'email', value: 'ada@example.com', verified: true }], password: 'correct horse battery staple',
  })
  assert.equal(made.response.status, 201)
  const path = `/users/${made.answer.user_id}`
  assert.equal(new URL(made.response.headers.get('location'), gatehouse.address).pathname, `/api/v1${path}`)
  const found = await ask('GET', '/users?identifier=ada%40example.com', '/users')
  assert.deepEqual(found.answer.items, [made.answer])
  const changed = await ask('PATCH', path, '/users/{user_id}', { profile: { name: 'Ada' } })
  assert.equal(changed.answer.profile.name, 'Ada')
  assert.equal((await ask('DELETE', path, '/users/{user_id}')).response.status, 403, 'the example may not delete users')
})

test('a tenant is made and managed at its own address', async () => {
  const made = await ask('POST', '/tenants', '/tenants', { slug: 'acme', name: 'Acme' })
  assert.equal(made.response.status, 201)
  const apis = await fetch(`${gatehouse.address}/t/acme/api/v1/apis`, { headers: { authorization: `Bearer ${token}` } })
  assert.deepEqual((await apis.json()).items.map((api) => api.audience), [`${gatehouse.address}/t/acme/api/v1`])
})

test('a body of ten megabytes is refused', async () => {
  const response = await fetch(`${gatehouse.address}/api/v1/users`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ profile: { name: 'x'.repeat(10_000_000) } }),
  }).catch((error) => error)
  // The server may close before it has read it all, which fetch reports as a failure.
  assert.ok(response instanceof Error || response.status === 413, String(response.status))
})

test('without a token there is no answer', async () => {
  const response = await fetch(`${gatehouse.address}/api/v1/users`)
  assert.equal(response.status, 401)
  assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="gatehouse"')
})
