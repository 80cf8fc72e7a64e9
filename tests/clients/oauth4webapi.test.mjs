// The npm package oauth4webapi, which checks every response to the letter.  rooms: oauth, tokens
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { secrets, startGatehouse } from '../support/gatehouse.mjs'
import { Person, register } from '../support/person.mjs'

const callbackPort = 23998
const callback = `http://localhost:${callbackPort}/callback`
const insecure = { [oauth.allowInsecureRequests]: true }
const ada = { email: 'ada@example.com', password: 'a long enough passphrase' }
const client = { client_id: 'web' }
const authentication = oauth.ClientSecretBasic(secrets.TEST_WEB_SECRET)
const person = new Person()
let gatehouse, server

before(async () => {
  gatehouse = await startGatehouse({ callbackPort })
  const issuer = new URL(gatehouse.address)
  server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
})
after(() => gatehouse?.stop())

test('the metadata of RFC 8414 says the same as that of OpenID', async () => {
  const issuer = new URL(gatehouse.address)
  const response = await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' })
  const metadata = await oauth.processDiscoveryResponse(issuer, response)
  for (const name of Object.keys(metadata)) assert.deepEqual(metadata[name], server[name], name)
})

test('a new person registers, and the whole code flow holds to the letter', async () => {
  const verifier = oauth.generateRandomCodeVerifier()
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
  const address = new URL(server.authorization_endpoint)
  address.search = new URLSearchParams({
    client_id: client.client_id, redirect_uri: callback, response_type: 'code', scope: 'openid email', state, nonce, max_age: '600',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  })
  const { left } = await register(gatehouse, await person.go(address.href), ada)
  const parameters = oauth.validateAuthResponse(server, client, left, state)
  const response = await oauth.authorizationCodeGrantRequest(server, client, authentication, parameters, callback, verifier, insecure)
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, maxAge: 600, requireIdToken: true })
  await oauth.validateApplicationLevelSignature(server, response, insecure)

  const claims = oauth.getValidatedIdTokenClaims(tokens)
  const info = await oauth.processUserInfoResponse(server, client, claims.sub,
    await oauth.userInfoRequest(server, client, tokens.access_token, insecure))
  assert.equal(info.email, ada.email)

  const refreshed = await oauth.processRefreshTokenResponse(server, client,
    await oauth.refreshTokenGrantRequest(server, client, authentication, tokens.refresh_token, insecure))
  assert.ok(refreshed.access_token)

  const introspected = await oauth.processIntrospectionResponse(server, client,
    await oauth.introspectionRequest(server, client, authentication, refreshed.refresh_token, insecure))
  assert.equal(introspected.active, true)

  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, authentication, refreshed.refresh_token, insecure))
})

test('a JWT access token is what RFC 9068 says', async () => {
  const service = { client_id: 'service' }
  const response = await oauth.clientCredentialsGrantRequest(server, service, oauth.ClientSecretBasic(secrets.TEST_SERVICE_SECRET),
    { resource: 'https://orders.example', scope: 'orders:read' }, insecure)
  const { access_token } = await oauth.processClientCredentialsResponse(server, service, response)
  const request = new Request('https://orders.example/', { headers: { authorization: `Bearer ${access_token}` } })
  const claims = await oauth.validateJwtAccessToken(server, request, 'https://orders.example', insecure)
  assert.equal(claims.client_id, 'service')
})

test('userinfo without a token says how to get one', async () => {
  const response = await fetch(server.userinfo_endpoint)
  assert.equal(response.status, 401)
  assert.match(response.headers.get('www-authenticate'), /^Bearer\b/)
})
