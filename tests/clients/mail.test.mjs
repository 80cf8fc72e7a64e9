// Mail goes out to a real mail server, with the operator's settings.  rooms: messages, http, config, signin
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { binary, codeIn, freePort, startGatehouse, until } from '../support/gatehouse.mjs'
import { Person } from '../support/person.mjs'
import { startMailServer } from '../support/smtp.mjs'

let folder
const stops = []
before(() => { folder = mkdtempSync(join(tmpdir(), 'gatehouse-mail-')) })
after(async () => {
  for (const stop of stops.reverse()) await stop()
  rmSync(folder, { recursive: true, force: true })
})

async function mailServer(options) {
  const server = await startMailServer(options)
  stops.push(() => server.close())
  return server
}

const settings = (server, more) => ({
  GATEHOUSE_MAIL_SMTP_HOST: 'localhost', GATEHOUSE_MAIL_SMTP_PORT: String(server.port), GATEHOUSE_MAIL_FROM: 'id@example.com',
  GATEHOUSE_MAIL_SMTP_USERNAME: 'gatehouse', GATEHOUSE_MAIL_SMTP_PASSWORD: 'mail-secret', ...more,
})

async function register(gatehouse, email) {
  const page = await new Person().go(`${gatehouse.address}/account`)
  const form = await page.person.go(page.link(/\/register/))
  return form.submit({ email, name: 'Ada', password: 'a long enough passphrase' })
}

test('a code reaches the mail server, though it said "later" first, and signs its reader up', async () => {
  const server = await mailServer({ greylist: true })
  const gatehouse = await startGatehouse({ environment: settings(server, { GATEHOUSE_MAIL_SMTP_TLS: 'none' }) })
  stops.push(gatehouse.stop)
  const sent = await register(gatehouse, 'ada@example.com')
  const mail = await until('the mail', () => server.received.find(({ to }) => to === 'ada@example.com'), 60)
  assert.equal(server.conversations(), 2, 'it was tried again')
  assert.equal(mail.from, 'id@example.com')
  assert.equal(mail.user, 'gatehouse:mail-secret')
  const text = mail.lines.join('\n')
  const [head] = text.split('\n\n')
  assert.match(head, /^From: .*id@example\.com/m)
  assert.match(head, /^Message-ID: <\S+>$/mi)
  const words = text.slice(text.indexOf('\n\n', text.indexOf('text/plain'))) // past boundaries, which may look like a code
  const account = await sent.submit({ code: codeIn({ subject: '', text: words }) })
  assert.match(account.text, /Ada/)
  assert.ok(!gatehouse.log().includes('mail-secret'))
  assert.ok(!gatehouse.log().includes('ada@example.com'))
  assert.deepEqual(await fetch(`${gatehouse.address}/dev/mail.json`).then((response) => response.ok ? response.json() : []), [], 'nothing is captured')
})

// A certificate authority of a company's own, and a certificate for localhost that it signed.
function makeAuthority(name) {
  const at = (file) => join(folder, `${name}-${file}`)
  const openssl = (...words) => execFileSync('openssl', words, { stdio: 'ignore' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', `/CN=${name} authority`)
  openssl('req', ...key, '-keyout', at('key.pem'), '-out', at('request.pem'), '-subj', '/CN=localhost')
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost\n')
  openssl('x509', '-req', '-in', at('request.pem'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2',
    '-extfile', at('names'), '-out', at('certificate.pem'))
  return { file: at('ca.pem'), tls: { key: readFileSync(at('key.pem')), cert: readFileSync(at('certificate.pem')) } }
}

test('mail goes by STARTTLS to a server that a private authority vouches for; with another it waits', async () => {
  const [own, other] = ['own', 'other'].map(makeAuthority)
  const server = await mailServer({ tls: own.tls })
  const place = { data: join(folder, 'data'), port: await freePort() }
  const trusting = (file) => startGatehouse({ ...place, environment: settings(server, { GATEHOUSE_MAIL_SMTP_CA: file }) })

  const wrong = await trusting(other.file)
  try {
    await register(wrong, 'grace@example.com')
    await until('the refusal', () => /could not be delivered and waits/.test(wrong.log()))
    assert.match(wrong.log(), /certificate/)
  } finally { await wrong.stop() }
  assert.deepEqual(server.received, [], 'nothing was told to a server that nobody vouched for')

  const right = await trusting(own.file)
  try {
    const mail = await until('the mail that waited', () => server.received.find(({ to }) => to === 'grace@example.com'), 60)
    assert.deepEqual([mail.secure, mail.user], [true, 'gatehouse:mail-secret'])
  } finally { await right.stop() }
})

test('a file without certificates is refused at start', async () => {
  const run = (...words) => promisify(execFile)(binary, words, { env: { PATH: process.env.PATH } })
  writeFileSync(join(folder, 'empty.pem'), 'not a certificate\n')
  const where = ['--data', join(folder, 'refused'), '--listen', `127.0.0.1:${await freePort()}`]
  for (const name of ['missing.pem', 'empty.pem'])
    await assert.rejects(run('serve', ...where, '--mail-smtp-ca', join(folder, name)), (error) => {
      assert.match(error.stderr, /mail\.smtp_ca/)
      assert.ok(error.stderr.includes(name))
      return true
    })
})
