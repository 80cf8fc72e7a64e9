// What an attacker does from outside, over HTTP.  rooms: oauth, signin, http
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { secrets, startGatehouse } from '../support/gatehouse.mjs'
import { Person, register } from '../support/person.mjs'

const callbackPort = 23996
const callback = `http://localhost:${callbackPort}/callback`
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' // of the verifier below (RFC 7636 appendix B)
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const ada = { email: 'ada@example.com', password: 'a long enough passphrase' }
let gatehouse

before(async () => { gatehouse = await startGatehouse({ callbackPort }) })
after(() => gatehouse?.stop())

const authorize = (more = {}) => `${gatehouse.address}/oauth2/authorize?${new URLSearchParams({
  client_id: 'web', redirect_uri: callback, response_type: 'code', scope: 'openid', state: 's',
  code_challenge: challenge, code_challenge_method: 'S256', ...more,
})}`
const token = (fields, secret = secrets.TEST_WEB_SECRET, id = 'web') => fetch(`${gatehouse.address}/oauth2/token`, {
  method: 'POST', body: new URLSearchParams(fields),
  headers: secret ? { authorization: `Basic ${btoa(`${id}:${secret}`)}` } : {},
})
// A request as it is, without what fetch would mend: Host header, path.
const raw = (options, body) => new Promise((done, failed) => {
  const sent = request({ host: '127.0.0.1', port: gatehouse.port, ...options }, (response) => {
    let text = ''
    response.on('data', (data) => { text += data })
    response.on('end', () => done({ status: response.statusCode, headers: response.headers, text }))
  })
  sent.on('error', failed)
  sent.end(body)
})

test('a redirect URI that only resembles a registered one is answered with a page', async () => {
  for (const redirect_uri of [
    `http://localhost:${callbackPort}@evil.example/callback`, `http://localhost.evil.example:${callbackPort}/callback`,
    `${callback}/../evil`, `${callback}%2f..%2fevil`, callback.toUpperCase(), callback.replace('/callback', '/CALLBACK'), `${callback}#x`,
    `${callback}?a=b`, callback.replace('http:', 'https:'), 'javascript:alert(1)', 'data:text/html,x', '//evil.example', '/\\evil.example',
    `http://127.0.0.1:${callbackPort}/callback`, `${callback}\n`, '',
  ]) {
    const response = await fetch(authorize({ redirect_uri }), { redirect: 'manual' })
    assert.equal(response.status, 400, redirect_uri)
    assert.equal(response.headers.get('location'), null, redirect_uri)
    assert.ok(!(await response.text()).includes('evil'), 'the address is not shown to the visitor')
  }
})

test('errors after the redirect URI is known go there, with state and iss', async () => {
  for (const [more, error] of [
    [{ response_type: 'token' }, 'unsupported_response_type'], [{ response_type: 'code id_token' }, 'unsupported_response_type'],
    [{ code_challenge: '' }, 'invalid_request'], [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ prompt: 'none' }, 'login_required'], [{ request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
  ]) {
    const response = await fetch(authorize(more), { redirect: 'manual' })
    const location = new URL(response.headers.get('location') ?? 'none:', gatehouse.address)
    assert.equal(location.searchParams.get('error'), error, JSON.stringify(more))
    assert.equal(location.searchParams.get('state'), 's')
    assert.equal(location.searchParams.get('iss'), gatehouse.address)
    assert.equal(location.origin + location.pathname, callback)
  }
})

test('a parameter given twice is refused', async () => {
  const response = await fetch(`${authorize()}&client_id=spa`, { redirect: 'manual' })
  assert.equal(response.status, 400)
})

test('markup in parameters is never reflected', async () => {
  const script = '"><script>alert(1)</script>'
  for (const address of [authorize({ client_id: script }), authorize({ redirect_uri: script }), `${authorize()}&login_hint=${encodeURIComponent(script)}`,
    `${authorize()}&ui_locales=${encodeURIComponent(script)}`, `${gatehouse.address}/${encodeURIComponent(script)}`]) {
    const response = await fetch(address)
    assert.ok(!(await response.text()).includes('<script>alert'), address)
  }
})

test('pages cannot be framed, cached or made to run foreign script', async () => {
  const page = await new Person().go(authorize())
  assert.match(page.headers.get('cache-control'), /no-store/)
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff')
  assert.match(page.headers.get('referrer-policy'), /^same-origin$/)
  const policy = page.headers.get('content-security-policy')
  for (const directive of [/frame-ancestors 'none'/, /default-src 'none'|default-src 'self'/, /base-uri 'none'/, /form-action/]) assert.match(policy, directive)
  assert.ok(!/unsafe-inline|unsafe-eval/.test(policy), policy)
})

test('cookies are out of reach of script and other sites', async () => {
  const response = await fetch(authorize(), { redirect: 'manual' })
  assert.ok(response.headers.getSetCookie().length > 0)
  for (const cookie of response.headers.getSetCookie()) {
    assert.match(cookie, /; *HttpOnly/i)
    assert.match(cookie, /; *SameSite=(Lax|Strict)/i)
    assert.match(cookie, /; *Path=\//i)
  }
})

test('a form that another site sends does nothing', async () => {
  const person = new Person()
  const page = await person.go(authorize())
  const action = new URL(page.root.querySelector('form').getAttribute('action').replaceAll('&amp;', '&') || page.url.href, page.url)
  for (const headers of [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, { origin: 'https://evil.example' }, { origin: 'null' }]) {
    const answer = await person.go(action.href, { method: 'POST', body: new URLSearchParams(ada), headers })
    assert.equal(answer.status, 403, JSON.stringify(headers))
  }
})

test('a forged Host is not believed', async () => {
  const answer = await raw({ path: '/.well-known/openid-configuration', headers: { host: 'evil.example' } })
  assert.ok(!answer.text.includes('https://evil.example') && !answer.text.includes('http://evil.example'), answer.text)
  const forwarded = await raw({
    path: '/.well-known/openid-configuration',
    headers: { host: `localhost:${gatehouse.port}`, 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example', 'x-forwarded-proto': 'https' },
  })
  assert.equal(JSON.parse(forwarded.text).issuer, gatehouse.address)
})

test('a page whose name is rebound to this machine reads no mail', async () => {
  for (const path of ['/dev/mail', '/dev/mail.json', '/dev/mail/1', '/dev/mail/1/html']) {
    const answer = await raw({ path, headers: { host: `evil.example:${gatehouse.port}` } })
    assert.equal(answer.status, 421, path)
    assert.ok(!answer.text.includes('@example.com'), path)
  }
})

test('a mail never carries the Host of a request', async () => {
  const person = new Person()
  const page = await person.go((await person.go(authorize())).link(/\/recover/))
  await register(gatehouse, await new Person().go(authorize()), ada)
  const asked = await page.submit({ email: ada.email })
  assert.equal(asked.status, 200)
  const mail = await gatehouse.mailTo(ada.email)
  for (const address of mail.text.match(/https?:\/\/[^\s]+/g) ?? []) assert.ok(address.startsWith(gatehouse.address), address)
})

test('registering and recovering read the same for known and unknown addresses', async () => {
  const texts = []
  for (const email of [ada.email, 'nobody@example.com']) {
    const person = new Person()
    const page = await person.go((await person.go(authorize())).link(/\/recover/))
    const asked = await page.submit({ email })
    texts.push(asked.words.replaceAll(email, ''))
  }
  assert.equal(texts[0], texts[1])
})

test('codes and refresh tokens are worth nothing at other endpoints or clients', async () => {
  const person = new Person()
  let page = await person.go(authorize())
  page = await page.submit({ email: ada.email, password: ada.password })
  const code = page.left.searchParams.get('code')
  const misuse = async (response) => {
    assert.ok([400, 401].includes(response.status), String(response.status))
    assert.match((await response.json()).error, /invalid_grant|invalid_client|unauthorized_client/)
  }
  await misuse(await token({ grant_type: 'refresh_token', refresh_token: code }))
  await misuse(await token({ grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier, client_id: 'spa' }, null))
  const userinfo = await fetch(`${gatehouse.address}/oauth2/userinfo`, { headers: { authorization: `Bearer ${code}` } })
  assert.equal(userinfo.status, 401)
  const good = await token({ grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier })
  const { refresh_token, access_token } = await good.json()
  await misuse(await token({ grant_type: 'authorization_code', code: refresh_token, redirect_uri: callback, code_verifier: verifier }))
  await misuse(await token({ grant_type: 'refresh_token', refresh_token: access_token }))
  await misuse(await token({ grant_type: 'refresh_token', refresh_token, client_id: 'spa' }, null))
  for (const header of ['cache-control', 'pragma']) assert.ok(header === 'pragma' || /no-store/.test(good.headers.get(header)))
})

test('an ID token does not show its holder the address of its person', async () => {
  const person = new Person()
  let page = await person.go(authorize())
  page = await page.submit({ email: ada.email, password: ada.password })
  const tokens = await (await token({
    grant_type: 'authorization_code', code: page.left.searchParams.get('code'), redirect_uri: callback, code_verifier: verifier,
  })).json()
  const seen = await new Person().go(authorize({ id_token_hint: tokens.id_token, prompt: 'login' }))
  assert.equal(seen.status, 200)
  assert.ok(!seen.text.includes(ada.email))
})

test('no form does what another site asks', async () => {
  const person = new Person()
  await (await person.go(authorize())).submit({ email: ada.email, password: ada.password })
  const cookie = [...person.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  for (const path of ['/account', '/account/password', '/account/email', '/account/email/verify', '/account/sessions', '/account/applications',
    '/signin', '/register', '/recover', '/setup'])
    for (const from of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'https://evil.example' }, { origin: 'null' }, {}]) {
      const answer = await raw({ path, method: 'POST', headers: { host: `localhost:${gatehouse.port}`, cookie,
        'content-type': 'application/x-www-form-urlencoded', ...from } }, 'action=end_others&name=x&locale=en')
      assert.equal(answer.status, 403, `${path} ${JSON.stringify(from)}`)
    }
  const ownSite = await raw({ path: '/account', method: 'POST', headers: { host: `localhost:${gatehouse.port}`, cookie,
    'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' } }, 'name=x&locale=en')
  assert.equal(ownSite.status, 422, 'nor without the token that stands in the page')
})

test('answers that carry tokens, codes or personal data are not stored', async () => {
  const person = new Person()
  await (await person.go(authorize())).submit({ email: ada.email, password: ada.password })
  const cookie = [...person.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  const { pathname, search } = new URL(authorize())
  for (const path of [pathname + search, '/account', '/account/security', '/account/sessions', '/account/applications', '/signin', '/register', '/recover',
    '/setup?token=x', '/oauth2/logout', '/oauth2/userinfo', '/api/v1/users', '/dev/mail', '/dev/mail.json', '/dev/mail/1', '/dev/mail/1/html', '/nothing']) {
    const answer = await raw({ path, headers: { host: `localhost:${gatehouse.port}`, cookie, accept: 'text/html' } })
    assert.match(answer.headers['cache-control'] ?? 'none', /no-store/, path)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff', path)
  }
})

test('of 100 parallel redemptions of one code at most one gets tokens', async () => {
  const person = new Person()
  let page = await person.go(authorize())
  page = await page.submit({ email: ada.email, password: ada.password })
  const code = page.left.searchParams.get('code')
  const answers = await Promise.all(Array.from({ length: 100 }, () =>
    token({ grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier }).then((response) => response.status)))
  assert.equal(answers.filter((status) => status === 200).length, 1, answers.join(' '))
  assert.ok(answers.every((status) => status === 200 || status === 400), answers.join(' '))
})

test('grants that nobody should use are not there', async () => {
  for (const grant_type of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer', '']) {
    const response = await token({ grant_type, username: ada.email, password: ada.password })
    assert.equal(response.status, 400)
  }
})

test('broken requests get a clear refusal, not a fault', async () => {
  const broken = [
    { path: '/oauth2/token', method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
    { path: '/oauth2/token', method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '%zz=%' },
    { path: '/oauth2/token', method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `a=${'x'.repeat(2_000_000)}` },
    { path: '/oauth2/token', method: 'DELETE' },
    { path: '/oauth2/../../etc/passwd', method: 'GET' },
    { path: '/oauth2/%2e%2e/%2e%2e/etc/passwd', method: 'GET' },
    { path: '/%00', method: 'GET' },
    { path: '/signin', method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'journey=x' },
    { path: '/signin?journey=' + 'A'.repeat(5000), method: 'GET' },
  ]
  for (const { body, ...options } of broken) {
    const answer = await raw(options, body).catch((error) => ({ status: error.code === 'EPIPE' || error.code === 'ECONNRESET' ? 413 : 599 }))
    assert.ok(answer.status >= 300 && answer.status < 500, `${options.method} ${options.path.slice(0, 60)}: ${answer.status}`)
  }
})

test('other origins are not let in by reflection', async () => {
  const response = await fetch(`${gatehouse.address}/oauth2/token`, {
    method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  })
  const allowed = response.headers.get('access-control-allow-origin')
  assert.ok(allowed === null || (allowed === '*' && response.headers.get('access-control-allow-credentials') === null), allowed)
})

test('no secret is in the log', async () => {
  const log = gatehouse.log()
  for (const secret of [...Object.values(secrets), ada.password, ada.email]) assert.ok(!log.includes(secret))
})
