// Mail goes out to a real mail server, with the operator's settings.  rooms: messages, http, config, signin
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { codeIn, startGatehouse, until } from '../support/gatehouse.mjs'
import { Person } from '../support/person.mjs'

const received = []
let server, gatehouse, busy = true

// RFC 5321, as much as one sender needs. The first mail is put off, as greylisting does.
const talk = (socket) => {
  let [input, mail] = ['', { lines: undefined }]
  const say = (line) => socket.write(`${line}\r\n`)
  const hear = (line) => {
    if (mail.lines) {
      if (line !== '.') return mail.lines.push(line.replace(/^\./, ''))
      received.push(mail)
      mail = { user: mail.user }
      return say('250 queued')
    }
    if (/^EHLO/i.test(line)) return say('250-mail.test\r\n250 AUTH PLAIN')
    if (/^AUTH PLAIN$/i.test(line)) return say('334 ')
    if (/^RCPT TO/i.test(line) && busy) {
      busy = false
      return say('451 later')
    }
    if (/^DATA/i.test(line)) {
      mail.lines = []
      return say('354 go on')
    }
    if (/^MAIL FROM/i.test(line)) mail.from = /<(.*)>/.exec(line)[1]
    else if (/^RCPT TO/i.test(line)) mail.to = /<(.*)>/.exec(line)[1]
    else if (/^QUIT/i.test(line)) return socket.end('221 bye\r\n')
    else if (/^[A-Za-z0-9+/=]{8,}$/.test(line)) {
      mail.user = Buffer.from(line, 'base64').toString().split('\0').slice(1).join(':')
      return say('235 welcome')
    }
    say('250 ok')
  }
  socket.on('error', () => {})
  socket.on('data', (part) => {
    input += part
    for (let end; (end = input.indexOf('\r\n')) >= 0;) {
      const line = input.slice(0, end)
      input = input.slice(end + 2)
      hear(line)
    }
  })
  say('220 mail.test')
}

before(async () => {
  server = createServer(talk)
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  gatehouse = await startGatehouse({ environment: {
    GATEHOUSE_MAIL_SMTP_HOST: 'localhost', GATEHOUSE_MAIL_SMTP_PORT: String(server.address().port), GATEHOUSE_MAIL_SMTP_TLS: 'none',
    GATEHOUSE_MAIL_SMTP_USERNAME: 'gatehouse', GATEHOUSE_MAIL_SMTP_PASSWORD: 'mail-secret', GATEHOUSE_MAIL_FROM: 'id@example.com',
  } })
})
after(async () => {
  await gatehouse?.stop()
  server?.close()
})

test('a code reaches the mail server, though it said "later" first, and signs its reader up', async () => {
  const page = await new Person().go(`${gatehouse.address}/account`)
  const form = await page.person.go(page.link(/\/register/))
  const sent = await form.submit({ email: 'ada@example.com', name: 'Ada', password: 'a long enough passphrase' })
  const mail = await until('the mail', () => received.find(({ to }) => to === 'ada@example.com'), 60)
  assert.equal(busy, false, 'it was tried again')
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
