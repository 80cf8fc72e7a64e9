// Two servers on one PostgreSQL database: what one counts, the other knows.  rooms: risk, signin, journey, storage
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { after, before, test } from 'node:test'
import { startGatehouse } from '../support/gatehouse.mjs'
import { Person, register } from '../support/person.mjs'
import { freshDatabase } from '../support/postgresql.mjs'

const redirect = 'com.example.app:/callback'
const ada = { email: 'ada@example.com', password: 'a long enough passphrase' }
const configuration = {
  tenant: 'default',
  applications: [{ client_id: 'app', client_name: 'App', kind: 'native', first_party: true, redirect_uris: [redirect] }],
}
let database, nodes = []

before(async () => {
  database = await freshDatabase()
  const environment = {
    GATEHOUSE_STORAGE_DATABASE: database.address,
    GATEHOUSE_KEYS_ROOT_KEY: randomBytes(32).toString('base64'),
    GATEHOUSE_SERVER_TRUSTED_PROXIES: '127.0.0.1',
  }
  nodes.push(await startGatehouse({ configuration, environment }))
  nodes.push(await startGatehouse({ configuration, environment, address: nodes[0].address }))
})
after(async () => {
  for (const node of nodes) await node.stop()
  await database?.drop()
})

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
// A request to one node under the address that both stand behind, from somewhere on the internet.
const post = (node, from, path, body) => new Promise((done, failed) => {
  const headers = { host: new URL(node.address).host, 'content-type': 'application/json', 'x-forwarded-for': from }
  const sent = request({ host: '127.0.0.1', port: node.port, path, method: 'POST', headers, agent }, (response) => {
    let text = ''
    response.on('data', (data) => { text += data })
    response.on('end', () => done({ http: response.statusCode, retryAfter: response.headers['retry-after'], ...JSON.parse(text) }))
  })
  sent.on('error', failed)
  sent.end(JSON.stringify(body))
})

async function guess(node, from, password) {
  const challenge = createHash('sha256').update(randomBytes(32)).digest('base64url')
  const start = await post(node, from, '/api/v1/journeys', { continuation: 'authorize', request: {
    client_id: 'app', redirect_uri: redirect, response_type: 'code', scope: 'openid', code_challenge: challenge, code_challenge_method: 'S256',
  } })
  assert.equal(start.http, 200, JSON.stringify(start))
  return post(node, from, '/api/v1/journeys/submit',
    { journey: start.journey, step: start.page.step, input: { identifier: ada.email, password } })
}

// Ten wrong passwords in a row are free, then one a minute is judged (kPasswordByIdentifier in src/risk/throttle.hpp).
test('of 1,000 parallel guesses from 1,000 addresses at two nodes, as many are judged as the throttle says', async () => {
  const page = await new Person().go(`${nodes[0].address}/account`)
  const owner = (await register(nodes[0], page, ada)).person

  const began = Date.now()
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) =>
    guess(nodes[i % 2], `100.64.${i >> 8}.${i & 255}`, `guess number ${i}`)))
  const judged = answers.filter(({ code }) => code === 'wrong_credentials').length
  const allowed = 10 + Math.floor((Date.now() - began) / 60_000)
  assert.ok(judged >= 10 && judged <= allowed, `${judged} were judged, ${allowed} may be`)
  for (const answer of answers.filter(({ code }) => code !== 'wrong_credentials')) {
    assert.deepEqual([answer.http, answer.code], [429, 'too_many_attempts'])
    // The minute begins with the last one judged, which may have come a moment after this one.
    assert.ok(Number(answer.retryAfter) >= 1 && Number(answer.retryAfter) <= 61, `Retry-After: ${answer.retryAfter}`)
  }

  const stranger = await guess(nodes[1], '203.0.113.7', ada.password)
  assert.equal(stranger.http, 429, 'the right password is not judged either, from a device that nobody knows')

  await (await owner.go(`${nodes[0].address}/oauth2/logout`)).submit({})
  const form = await owner.go(`${nodes[0].address}/account`)
  assert.doesNotMatch(form.text, /Ada Lovelace/, 'signed out')
  const account = await form.submit(ada)
  assert.deepEqual([account.status, account.title], [200, 'Your account'], 'the owner signs in on a device of theirs')
})
