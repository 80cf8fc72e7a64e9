// The npm package openid-client as relying party; a person without a browser signs in.  rooms: oauth, tokens, session
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import { secrets, startGatehouse } from '../support/gatehouse.mjs'
import { Person, register } from '../support/person.mjs'

const callbackPort = 23999
const callback = `http://localhost:${callbackPort}/callback`
const orders = 'https://orders.example'
const ada = { email: 'ada@example.com', name: 'Ada Lovelace', password: 'a long enough passphrase' }
let gatehouse
let web, partner, spa, service
const person = new Person()

const discover = (id, metadata, authentication) => oidc.discovery(new URL(gatehouse.address), id, metadata, authentication,
  { execute: [oidc.allowInsecureRequests] })

before(async () => {
  gatehouse = await startGatehouse({ callbackPort })
  web = await discover('web', secrets.TEST_WEB_SECRET, oidc.ClientSecretBasic())
  partner = await discover('partner', { client_secret: secrets.TEST_PARTNER_SECRET, id_token_signed_response_alg: 'RS256' },
    oidc.ClientSecretPost())
  spa = await discover('spa', undefined, oidc.None())
  service = await discover('service', secrets.TEST_SERVICE_SECRET, oidc.ClientSecretBasic())
  const page = await ask(web, new Person(), {})
  await register(gatehouse, page.page, ada)
})
after(() => gatehouse?.stop())

// Sends `someone` to the authorization endpoint; gives where they ended and what the callback needs.
async function ask(client, someone, { scope = 'openid profile email', ...more }) {
  const verifier = oidc.randomPKCECodeVerifier()
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()]
  const parameters = {
    redirect_uri: callback, scope, state, nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...more,
  }
  const page = await someone.go(oidc.buildAuthorizationUrl(client, parameters).href)
  return { page, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true } }
}
async function signIn(client, someone, parameters = {}) {
  let { page, checks } = await ask(client, someone, parameters)
  if (!page.left && page.root.querySelector('input[type=password]')) page = await page.submit({ email: ada.email, password: ada.password })
  if (!page.left) page = await page.submit({}) // consent
  assert.ok(page.left, `still on "${page.title}": ${page.words}`)
  return { left: page.left, checks, tokens: await oidc.authorizationCodeGrant(client, page.left, checks) }
}
const refuses = (error) => (thrown) => { assert.equal(thrown.error, error); return true }

test('discovery names every endpoint below the issuer', () => {
  const metadata = web.serverMetadata()
  assert.equal(metadata.issuer, gatehouse.address)
  for (const name of ['authorization', 'token', 'userinfo', 'introspection', 'revocation', 'end_session'])
    assert.ok(metadata[`${name}_endpoint`].startsWith(`${gatehouse.address}/`), name)
  assert.deepEqual(metadata.code_challenge_methods_supported, ['S256'])
  assert.deepEqual(metadata.response_types_supported, ['code'])
  assert.equal(metadata.authorization_response_iss_parameter_supported, true)
})

test('a person signs in, and the ID token and userinfo agree', async () => {
  const { tokens } = await signIn(web, person)
  const claims = tokens.claims()
  const info = await oidc.fetchUserInfo(web, tokens.access_token, claims.sub)
  assert.equal(info.email, ada.email)
  assert.equal(info.email_verified, true)
  assert.equal(info.name, ada.name)
  assert.ok(claims.auth_time <= Math.floor(Date.now() / 1000))
  assert.ok(claims.sid)
  assert.deepEqual(claims.amr, ['pwd'])
})

test('claims are asked for by name, and the ID token and userinfo have them where they were wanted', async () => {
  assert.equal(web.serverMetadata().claims_parameter_supported, true)
  const { tokens } = await signIn(web, person, {
    scope: 'openid',
    claims: JSON.stringify({ id_token: { email: null, acr: { essential: true, values: ['urn:gatehouse:acr:1fa'] } },
      userinfo: { name: { essential: true } } }),
  })
  const claims = tokens.claims()
  assert.equal(claims.email, ada.email)
  assert.equal(claims.acr, 'urn:gatehouse:acr:1fa')
  assert.equal(claims.name, undefined)
  assert.equal(tokens.scope, 'openid')
  const info = await oidc.fetchUserInfo(web, tokens.access_token, claims.sub)
  assert.equal(info.name, ada.name)
  assert.equal(info.email, undefined)
})

test('whoever is signed in gets a second code without a page', async () => {
  const { page } = await ask(web, person, { prompt: 'none' })
  assert.ok(page.left?.searchParams.get('code'))
  assert.equal(page.left.searchParams.get('iss'), gatehouse.address)
})

test('a code is redeemed once, and a replay ends what it gave', async () => {
  const { left, checks, tokens } = await signIn(web, person)
  await assert.rejects(oidc.authorizationCodeGrant(web, left, checks), refuses('invalid_grant'))
  await assert.rejects(oidc.refreshTokenGrant(web, tokens.refresh_token), refuses('invalid_grant'))
})

test('a code is worth nothing with another verifier or to another client', async () => {
  for (const attempt of [
    ({ left, checks }) => oidc.authorizationCodeGrant(web, left, { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() }),
    ({ left, checks }) => oidc.authorizationCodeGrant(spa, left, checks),
  ]) {
    const { page, checks } = await ask(web, person, {})
    await assert.rejects(attempt({ left: page.left, checks }), refuses('invalid_grant'))
  }
})

test('refresh tokens rotate, and a used one revokes the family', async () => {
  const { tokens } = await signIn(web, person)
  const second = await oidc.refreshTokenGrant(web, tokens.refresh_token)
  assert.notEqual(second.refresh_token, tokens.refresh_token)
  const third = await oidc.refreshTokenGrant(web, second.refresh_token)
  await assert.rejects(oidc.refreshTokenGrant(web, tokens.refresh_token), refuses('invalid_grant'))
  await assert.rejects(oidc.refreshTokenGrant(web, third.refresh_token), refuses('invalid_grant'))
})

test('a public client signs in with PKCE alone', async () => {
  const { tokens } = await signIn(spa, person)
  assert.equal(tokens.claims().aud, 'spa')
})

test('a third party is shown to the person, who may refuse', async () => {
  const { page } = await ask(partner, person, {})
  assert.match(page.words, /Test Partner/)
  const refused = await page.submit({}, { button: 'deny' })
  assert.equal(refused.left.searchParams.get('error'), 'access_denied')
})

test('a third party gets what the person allows, and is not shown again', async () => {
  const { tokens } = await signIn(partner, person, { scope: 'openid email orders:read', resource: orders })
  assert.equal(tokens.claims().aud, 'partner')
  const again = await ask(partner, person, { scope: 'openid email orders:read', resource: orders })
  assert.ok(again.page.left?.searchParams.get('code'))
})

test('a service gets a token for an API that anyone can verify', async () => {
  const tokens = await oidc.clientCredentialsGrant(service, { resource: orders, scope: 'orders:read' })
  const keys = createRemoteJWKSet(new URL(service.serverMetadata().jwks_uri))
  const { payload } = await jwtVerify(tokens.access_token, keys, { issuer: gatehouse.address, audience: orders, typ: 'at+jwt' })
  assert.equal(payload.scope, 'orders:read')
  assert.equal(payload.client_id, 'service')
})

test('a service does not get what its registration lacks', async () => {
  await assert.rejects(oidc.clientCredentialsGrant(service, { resource: orders, scope: 'orders:delete' }), refuses('invalid_scope'))
  await assert.rejects(oidc.clientCredentialsGrant(service, { resource: 'https://other.example' }), refuses('invalid_target'))
  await assert.rejects(oidc.clientCredentialsGrant(web, { resource: orders }), refuses('unauthorized_client'))
})

test('a wrong secret is refused', async () => {
  const thief = await discover('service', 'x'.repeat(43), oidc.ClientSecretBasic())
  await assert.rejects(oidc.clientCredentialsGrant(thief, { resource: orders }), (thrown) => {
    assert.equal(thrown.status, 401)
    return true
  })
})

test('introspection tells a live token from a revoked one', async () => {
  const { tokens } = await signIn(web, person)
  assert.equal((await oidc.tokenIntrospection(web, tokens.refresh_token)).active, true)
  await oidc.tokenRevocation(web, tokens.refresh_token)
  assert.deepEqual(await oidc.tokenIntrospection(web, tokens.refresh_token), { active: false })
  await assert.rejects(oidc.refreshTokenGrant(web, tokens.refresh_token), refuses('invalid_grant'))
})

test('introspection says nothing of another client\'s refresh token', async () => {
  const { tokens } = await signIn(web, person)
  assert.deepEqual(await oidc.tokenIntrospection(partner, tokens.refresh_token), { active: false })
})

test('an unregistered redirect URI is answered with a page', async () => {
  for (const redirect_uri of [`${callback}/`, `${callback}?x=1`, callback.replace('localhost', 'localhost.evil'), 'https://evil.example/']) {
    const { page } = await ask(web, person, { redirect_uri })
    assert.ok(!page.left, `redirected to ${page.left}`)
    assert.equal(page.status, 400)
  }
})

test('sign-out ends the session and comes back', async () => {
  const { tokens } = await signIn(web, person)
  const location = oidc.buildEndSessionUrl(web, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: `http://localhost:${callbackPort}/`, state: 'bye',
  })
  const page = await person.go(location.href)
  assert.equal(page.left?.href, `http://localhost:${callbackPort}/?state=bye`)
  const silent = await ask(web, person, { prompt: 'none' })
  assert.equal(silent.page.left.searchParams.get('error'), 'login_required')
  await assert.rejects(oidc.refreshTokenGrant(web, tokens.refresh_token), refuses('invalid_grant'))
})
