// Every command by hand, as an operator types it.  rooms: app, config, storage, vault, signin
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { binary, secrets, startGatehouse, until } from '../support/gatehouse.mjs'
import { Person, register } from '../support/person.mjs'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-commands-'))
const password = 'a long enough passphrase'
const passphrase = 'a passphrase of several words'
const callbackPort = 23995
const callback = `http://localhost:${callbackPort}/callback`
let gatehouse

before(async () => { gatehouse = await startGatehouse({ callbackPort }) })
after(async () => {
  await gatehouse?.stop()
  rmSync(folder, { recursive: true, force: true })
})

// What a command said, and how it ended.
const type = (words, environment = {}) => new Promise((done) => {
  const variables = { PATH: process.env.PATH, ...secrets, ...environment }
  execFile(binary, words, { cwd: folder, env: variables }, (error, out, err) => done({ status: error?.code ?? 0, out, err }))
})
// The same for the server's own data folder.
const operate = (words, environment) => type([...words, '--data', gatehouse.data, '--public-url', gatehouse.address], environment)

async function succeeds(command) {
  const { status, out, err } = await command
  assert.equal(status, 0, err)
  return out
}
async function fails(command, words, status = 1) {
  const answer = await command
  assert.equal(answer.status, status, answer.out)
  assert.match(answer.err, words)
}

test('version and help say what there is', async () => {
  const version = await succeeds(type(['version']))
  assert.match(version, /^gatehouse \d+\.\d+\.\d+\n$/)
  assert.equal(await succeeds(type(['--version'])), version)
  const help = await succeeds(type(['--help']))
  const commands = ['serve', 'migrate', 'config', 'apply', 'backup', 'restore', 'doctor', 'admin create', 'admin recover',
    'keys rotate', 'keys export', 'keys import']
  await Promise.all(commands.map(async (command) => {
    assert.match(help, new RegExp(`^  ${command.split(' ')[0]} `, 'm'))
    const said = await succeeds(type([...command.split(' '), '--help']))
    assert.match(said, /--config/, command)
  }))
})

test('a command that is not there, or says too little, is refused', async () => {
  await Promise.all([
    fails(type(['serv']), /there is no command "serv"/i, 2), fails(type([]), /Usage: gatehouse/, 2),
    fails(type(['keys']), /required|Usage/, 2), fails(type(['restore']), /required|Usage/, 2),
    fails(type(['admin', 'create']), /--email/, 2),
  ])
})

test('the configuration is printed with its origins, and without its secrets', async () => {
  writeFileSync(join(folder, 'own.toml'), '[mail]\nsmtp_host = "smtp.example.com"\n')
  writeFileSync(join(folder, 'password'), 'swordfish-in-a-file\n')
  const text = await succeeds(type(['config', '--config', 'own.toml', '--listen', '127.0.0.1:9999'],
    { GATEHOUSE_KEYS_ROOT_KEY: Buffer.alloc(32, 7).toString('base64'), GATEHOUSE_MAIL_SMTP_PASSWORD_FILE: join(folder, 'password') }))
  assert.match(text, /smtp_host = "smtp.example.com" +# file own.toml line 2/)
  assert.match(text, /listen = .*127.0.0.1:9999.* # flag/)
  assert.match(text, /smtp_password = "\*+" +# environment GATEHOUSE_MAIL_SMTP_PASSWORD_FILE/)
  assert.match(text, /threads = 0 +# default/)
  for (const secret of ['swordfish', Buffer.alloc(32, 7).toString('base64')]) assert.ok(!text.includes(secret))
})

test('a setting that does not exist is refused, with the one that was meant', async () => {
  writeFileSync(join(folder, 'wrong.toml'), '[server]\nlisen = "127.0.0.1:8080"\n')
  await fails(type(['config', '--config', 'wrong.toml']), /wrong.toml line 2: unknown setting "server.lisen"\. Did you mean "server.listen"\?/)
  await fails(type(['serve'], { GATEHOUSE_SERVER_LISEN: 'x' }), /Did you mean "GATEHOUSE_SERVER_LISTEN"\?/)
  await fails(type(['config', '--listn', 'x']), /--listn/, 2)
})

test('migrations are shown first, then made, and then there are none', async () => {
  const data = ['--data', join(folder, 'fresh')]
  const pending = (await succeeds(type(['migrate', '--dry-run', ...data]))).match(/^pending \S+$/gm)
  assert.ok(pending.includes('pending 0001_initial'))
  assert.deepEqual((await succeeds(type(['migrate', '--dry-run', ...data]))).match(/^pending \S+$/gm), pending, 'nothing was done')
  assert.equal((await succeeds(type(['migrate', ...data]))).match(/^applying \S+$/gm).length, pending.length)
  assert.match(await succeeds(type(['migrate', ...data])), new RegExp(`up to date \\(${pending.length} migrations\\)`))
})

test('doctor finds what is wrong, and says the fix', async () => {
  const healthy = await operate(['doctor'])
  assert.equal(healthy.status, 0, healthy.err)
  assert.match(healthy.out, /^ok {4}the schema is up to date$/m)
  assert.match(healthy.out, /^warn {2}no mail server/m)
  assert.match(healthy.out, /no copy of the root key was ever made.*\n.*keys export/)
  const missing = await type(['doctor', '--data', join(folder, 'nowhere')])
  assert.equal(missing.status, 1)
  assert.match(missing.out, /^FAIL {2}There is no database/m)
  assert.ok(!existsSync(join(folder, 'nowhere', 'gatehouse.db')), 'looking makes nothing')
  const exposed = await type(['doctor', '--data', gatehouse.data, '--public-url', 'http://id.example.com'])
  assert.equal(exposed.status, 1)
  assert.match(exposed.out, /not a safe public address\n.*https/)
})

test('a key is exported once its passphrase is good, and doctor knows', async () => {
  const file = join(folder, 'root.copy')
  await fails(operate(['keys', 'export', '-o', file], { GATEHOUSE_PASSPHRASE: 'short' }), /at least 12 characters/)
  await fails(operate(['keys', 'export', '-o', file]), /set GATEHOUSE_PASSPHRASE/)
  assert.ok(!existsSync(file))
  await succeeds(operate(['keys', 'export', '-o', file], { GATEHOUSE_PASSPHRASE: passphrase }))
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(!readFileSync(file, 'utf8').includes(readFileSync(join(gatehouse.data, 'root.key'), 'utf8').trim()))
  await fails(operate(['keys', 'export', '-o', file], { GATEHOUSE_PASSPHRASE: passphrase }), /must not exist yet/)
  assert.match((await operate(['doctor'])).out, /^ok {4}a copy of the root key was made on \d{4}-\d\d-\d\d$/m)
})

const system = () => `${gatehouse.address}/t/system`
async function signsIn(address, email, secret = password) {
  const page = await new Person().go(address)
  return page.submit({ email, password: secret })
}

test('an administrator is made with a password, and signs in', async () => {
  const email = 'operator@example.com'
  await fails(operate(['admin', 'create', '--email', email]), /set GATEHOUSE_ADMIN_PASSWORD/)
  await fails(operate(['admin', 'create', '--email', email], { GATEHOUSE_ADMIN_PASSWORD: 'password123' }), /password/i)
  await fails(operate(['admin', 'create', '--email', 'nobody'], { GATEHOUSE_ADMIN_PASSWORD: password }), /one @/)
  const said = await succeeds(operate(['admin', 'create', '--email', email, '--name', 'Olga'], { GATEHOUSE_ADMIN_PASSWORD: password }))
  assert.ok(said.includes(`${system()}/account`), said)
  const account = await signsIn(`${system()}/account`, email)
  assert.match(account.text, /Olga/)
  await fails(operate(['admin', 'create', '--email', email], { GATEHOUSE_ADMIN_PASSWORD: password }), /./)
})

test('a link to recover makes an administrator, once', async () => {
  const link = (await succeeds(operate(['admin', 'recover']))).trim()
  assert.ok(link.startsWith(`${system()}/setup?token=`), link)
  const person = new Person()
  const page = await person.go(link)
  assert.equal(page.status, 200)
  assert.equal((await new Person().go(link)).status, 200, 'a look does not use it up')
  const done = await page.submit({ name: 'Rita', email: 'rita@example.com', password })
  assert.equal(done.status, 200, done.words)
  assert.match((await signsIn(`${system()}/account`, 'rita@example.com')).text, /Rita/)
  assert.equal((await person.go(link)).status, 410)
  const again = await page.submit({ name: 'Mallory', email: 'mallory@example.com', password })
  assert.equal(again.status, 410)
})

test('signing keys rotate: the next ones are published, the present ones go on', async () => {
  const published = async () => (await (await fetch(`${gatehouse.address}/oauth2/jwks`)).json()).keys.map(({ kid }) => kid)
  const before = await published()
  assert.match(await succeeds(operate(['keys', 'rotate'])), /^default: \d+ new keys/m)
  const now = await until('the new keys to be published', async () => {
    const keys = await published()
    return keys.length > before.length && keys
  })
  assert.equal(now.length, 2 * before.length)
  for (const kid of before) assert.ok(now.includes(kid))
  await fails(operate(['keys', 'rotate', 'everything']), /signing.*root/)
})

test('apply says what it would do, asks, does it, and finds nothing left to do', async () => {
  const file = join(folder, 'more.json')
  writeFileSync(file, JSON.stringify({ tenant: 'default', apis: [{ audience: 'https://billing.example', name: 'Billing' }] }))
  assert.match(await succeeds(operate(['apply', '--dry-run', file])), /billing/i)
  await fails(operate(['apply', file]), /Nothing was changed/)
  assert.match(await succeeds(operate(['apply', '--yes', file])), /Done/)
  assert.match(await succeeds(operate(['apply', '--yes', file])), /Nothing to do/)
  writeFileSync(file, '{"tenant": "default", "apps": []}')
  await fails(operate(['apply', '--yes', file]), /apps/)
})

const token = async (fields) => {
  const response = await fetch(`${gatehouse.address}/oauth2/token`, {
    method: 'POST', body: new URLSearchParams(fields), headers: { authorization: `Basic ${btoa(`web:${secrets.TEST_WEB_SECRET}`)}` },
  })
  return { status: response.status, ...await response.json() }
}

test('a backup of the running server comes back elsewhere, with the key: people sign in again', async () => {
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' // of the verifier below (RFC 7636 appendix B)
  const authorize = `${gatehouse.address}/oauth2/authorize?${new URLSearchParams({
    client_id: 'web', redirect_uri: callback, response_type: 'code', scope: 'openid', state: 's',
    code_challenge: challenge, code_challenge_method: 'S256',
  })}`
  const ada = new Person()
  const { left } = await register(gatehouse, await ada.go(authorize), { email: 'ada@example.com', password })
  const first = await token({ grant_type: 'authorization_code', code: left.searchParams.get('code'), redirect_uri: callback,
    code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' })
  assert.equal(first.status, 200)
  await succeeds(operate(['keys', 'rotate', 'root']))
  const [copy, key] = [join(folder, 'copy.db'), join(folder, 'root.second-copy')]
  await succeeds(operate(['keys', 'export', '--output', key], { GATEHOUSE_PASSPHRASE: passphrase }))
  assert.match(await succeeds(operate(['backup', copy])), /The root key is not in it/)
  await fails(operate(['backup', copy]), /exist/)
  // What happens after the backup is unknown to it: this refresh token has a successor that the restored server never made.
  assert.equal((await token({ grant_type: 'refresh_token', refresh_token: first.refresh_token })).status, 200)
  await fails(operate(['restore', copy]), /./)
  const { port, address } = gatehouse
  await gatehouse.stop()
  gatehouse = undefined

  const data = join(folder, 'elsewhere')
  const there = (words, environment) => type([...words, '--data', data, '--public-url', address], environment)
  await fails(there(['keys', 'import', key], { GATEHOUSE_PASSPHRASE: 'another passphrase altogether' }), /passphrase/i)
  await succeeds(there(['keys', 'import', key], { GATEHOUSE_PASSPHRASE: passphrase }))
  assert.match(await succeeds(there(['restore', copy])), /Everybody signs in again/)
  gatehouse = await startGatehouse({ data, port, callbackPort })
  const refused = await token({ grant_type: 'refresh_token', refresh_token: first.refresh_token })
  assert.deepEqual([refused.status, refused.error], [400, 'invalid_grant'])
  const after = join(folder, 'after.db')
  await succeeds(there(['backup', after]))
  const ask = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT revoke_reason FROM token_families').fetchall())"
  const reasons = execFileSync('python3', ['-c', ask, after], { encoding: 'utf8' })
  assert.doesNotMatch(reasons, /reuse/, 'nobody is called a thief')
  const asked = await ada.go(authorize)
  assert.match(asked.title, /Sign in/, 'the session of the backup has ended')
  const back = await asked.submit({ email: 'ada@example.com', password })
  assert.ok(back.left?.searchParams.get('code'), back.words)
  assert.match((await signsIn(`${system()}/account`, 'rita@example.com')).text, /Rita/)
})
