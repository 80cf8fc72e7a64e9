// A mail server that speaks as much of RFC 5321 as one sender needs, in the clear or by STARTTLS (RFC 3207).
//
//   const server = await startMailServer({ greylist: true })             the first mail is put off, as greylisting does
//   const server = await startMailServer({ tls: { key, cert } })         mail is taken under TLS only
//   server.received                                                      [{ from, to, user, lines, secure }]
import { createServer } from 'node:net'
import { TLSSocket, createSecureContext } from 'node:tls'

export async function startMailServer({ greylist = false, tls } = {}) {
  const received = []
  const sockets = new Set()
  const state = { busy: greylist, conversations: 0 }
  const server = createServer((socket) => {
    state.conversations++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    talk(socket, { received, state, tls })
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    received,
    port: server.address().port,
    conversations: () => state.conversations,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function talk(socket, { received, state, tls }, secure = false) {
  let [input, mail] = ['', {}]
  const say = (line) => socket.write(`${line}\r\n`)
  const hear = (line) => {
    if (mail.lines) {
      if (line !== '.') return mail.lines.push(line.replace(/^\./, ''))
      received.push(mail)
      mail = { user: mail.user }
      return say('250 queued')
    }
    if (/^EHLO/i.test(line)) return say(`250-mail.test\r\n${tls && !secure ? '250 STARTTLS' : '250 AUTH PLAIN'}`)
    if (/^STARTTLS/i.test(line) && tls) {
      say('220 go on')
      socket.removeAllListeners('data')
      const under = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(tls) })
      return talk(under, { received, state, tls }, true)
    }
    if (/^QUIT/i.test(line)) return socket.end('221 bye\r\n')
    if (tls && !secure) return say('530 Must issue a STARTTLS command first')
    if (/^AUTH PLAIN$/i.test(line)) return say('334 ')
    if (/^RCPT TO/i.test(line) && state.busy) {
      state.busy = false
      return say('451 later')
    }
    if (/^DATA/i.test(line)) {
      Object.assign(mail, { lines: [], secure })
      return say('354 go on')
    }
    if (/^MAIL FROM/i.test(line)) mail.from = /<(.*)>/.exec(line)[1]
    else if (/^RCPT TO/i.test(line)) mail.to = /<(.*)>/.exec(line)[1]
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
  if (!secure) say('220 mail.test')
}
