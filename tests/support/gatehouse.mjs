// A live Gatehouse for a test file: a fresh data folder, a free port, the applications of tests/support/gatehouse.json.
//
//   const gatehouse = await startGatehouse()     in `before`
//   gatehouse.address                            "http://localhost:23456", also the issuer of the default tenant
//   await gatehouse.mailTo('ada@example.com')    the newest mail to that address, once it has come
//   await gatehouse.stop()                       in `after`
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

const top = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..')
export const binary = process.env.GATEHOUSE_TEST_BINARY ?? join(top, 'build/asan/gatehouse')
const run = promisify(execFile)

export const secrets = Object.fromEntries(['TEST_WEB_SECRET', 'TEST_PARTNER_SECRET', 'TEST_SERVICE_SECRET']
  .map((name) => [name, randomBytes(32).toString('base64url')]))

export async function freePort() {
  const server = createServer()
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}

// Asks again and again until `ask` gives something, or fails with `what` after the given seconds.
export async function until(what, ask, seconds = 20) {
  const end = Date.now() + seconds * 1000
  for (let wait = 5; ; wait = Math.min(wait * 2, 200)) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`)
    await pause(wait)
  }
}

// `configuration`: an object as in an apply file; the default is gatehouse.json beside this file, its addresses on `callbackPort`.
// `data` and `port`: of a server that is there already (restored), instead of a fresh folder and a free port.
// `address`: where people reach it, of a node behind the same address as another one.
export async function startGatehouse({ configuration, environment = {}, flags = [], callbackPort = 23999, ...given } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
  const data = given.data ?? join(folder, 'data')
  const port = given.port ?? await freePort()
  const address = given.address ?? `http://localhost:${port}`
  const options = ['--data', data, '--public-url', address]
  const variables = { PATH: process.env.PATH, ...secrets, ...environment }
  for (const name of ['ASAN_OPTIONS', 'UBSAN_OPTIONS', 'ASAN_SYMBOLIZER_PATH'])
    if (process.env[name]) variables[name] = process.env[name]

  const file = join(folder, 'gatehouse.json')
  writeFileSync(file, configuration ? JSON.stringify(configuration)
    : readFileSync(new URL('gatehouse.json', import.meta.url), 'utf8').replaceAll('CALLBACK_PORT', String(callbackPort)))
  const gatehouse = (...words) => run(binary, words, { cwd: folder, env: variables })
  await gatehouse('apply', '--yes', ...options, file)

  const log = join(folder, 'log')
  const output = openSync(log, 'a')
  const server = spawn(binary, ['serve', '--development', '--listen', `127.0.0.1:${port}`, ...options, ...flags],
    { cwd: folder, env: variables, stdio: ['ignore', output, output] })
  closeSync(output)
  const ended = new Promise((done) => server.on('exit', (status, signal) => done(status ?? signal)))
  let over
  ended.then((status) => { over = status })
  await until('the server to be ready', async () => {
    if (over !== undefined) throw new Error(`gatehouse ended with ${over}:\n${readFileSync(log, 'utf8')}`)
    return fetch(`http://127.0.0.1:${port}/readyz`).then((response) => response.ok, () => false)
  })

  const mails = async () => (await fetch(`http://127.0.0.1:${port}/dev/mail.json`)).json()
  const seen = new Set()
  return {
    address, port, data, folder,
    gatehouse: (command, ...words) => gatehouse(command, ...options, ...words),
    log: () => readFileSync(log, 'utf8'),
    mails,
    // Each mail is handed out once, so that a second code is not mistaken for the first.
    mailTo: async (recipient) => until(`a mail to ${recipient}`, async () => {
      const mail = (await mails()).find((mail) => mail.to.includes(recipient) && !seen.has(mail.number))
      if (mail) seen.add(mail.number)
      return mail
    }),
    // Fails when the server did not end by itself, or a sanitizer had something to say.
    stop: async () => {
      server.kill('SIGTERM')
      const status = await Promise.race([ended, pause(30_000, 'no end within 30 s', { ref: false })])
      const text = readFileSync(log, 'utf8')
      server.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
      if (status !== 0) throw new Error(`gatehouse ended with ${status}:\n${text.slice(-8000)}`)
    },
  }
}

export const codeIn = (mail) => {
  const found = /\b\d{6}\b/.exec(mail.text)
  if (!found) throw new Error(`no code in the mail "${mail.subject}": ${mail.text}`)
  return found[0]
}
