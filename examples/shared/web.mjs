// The little that both applications need of the web: pages, a session cookie, a table of routes. Nothing here knows of
// OpenID Connect; that is in each application's server.mjs.
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

// What a template inserts is escaped, unless it is a piece of HTML made by this function.
class Html { constructor(text) { this.text = text } }
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (value) => value instanceof Html ? value.text
  : Array.isArray(value) ? value.map(escape).join('')
  : value === false ? '' : String(value ?? '').replace(/[&<>"']/g, (character) => entities[character])
export const html = (strings, ...values) =>
  new Html(strings.reduce((text, string, index) => text + escape(values[index - 1]) + string))

export const page = (status, body) => ({ status, body: body.text })
export const redirect = (location) => ({ status: 303, headers: { location: String(location) } })

export function requireEnvironment(...names) {
  const missing = names.filter((name) => !process.env[name])
  if (missing.length > 0) {
    console.error(`Set ${missing.join(', ')} in the environment; the README beside this file says how.`)
    process.exit(1)
  }
  return names.map((name) => process.env[name])
}

// What the application remembers of one browser. In memory: a restart signs everyone out; a real application would use
// its own store.
class Session {
  #underWay = new Map()
  person = null // of someone who is signed in: what the application keeps of them
  fresh = true // has no id yet, or wants another

  // A sign-in begins: what it needs when it comes back, by its state. Two tabs may each have one under way.
  begin(state, secrets) {
    this.#underWay.set(state, secrets)
    if (this.#underWay.size > 10) this.#underWay.delete(this.#underWay.keys().next().value)
  }
  // It comes back; undefined when nothing is under way (a reload, the back button).
  comeBack(state) {
    const secrets = this.#underWay.get(state)
    this.#underWay.delete(state)
    return secrets
  }
  // With a new id, so that nobody can plant one beforehand.
  signIn(person) { this.person = person; this.fresh = true }
  signOut() { this.person = null; this.fresh = true }
  get isEmpty() { return !this.person && this.#underWay.size === 0 }
}

class Sessions {
  #sessions = new Map()
  // Cookies are shared between the ports of a host, so each application has a name of its own.
  constructor(cookie) { this.cookie = cookie }

  open(request) {
    const pairs = (request.headers.cookie ?? '').split(/; */).map((pair) => pair.split('='))
    return this.#sessions.get(pairs.find(([name]) => name === this.cookie)?.[1]) ?? new Session()
  }
  // The headers that tell the browser about a new id.
  keep(session) {
    if (!session.fresh) return {}
    this.#sessions.delete(session.id)
    if (session.isEmpty) return {}
    if (this.#sessions.size >= 1000) this.#sessions.delete(this.#sessions.keys().next().value)
    session.id = randomBytes(24).toString('base64url')
    session.fresh = false
    this.#sessions.set(session.id, session)
    return { 'set-cookie': `${this.cookie}=${session.id}; HttpOnly; SameSite=Lax; Path=/` }
  }
}

// routes: { 'GET /path': async ({ url, session }) => ({ status, headers, body }) }
export function serve({ name, port, cookie, styles, routes, failure }) {
  const sessions = new Sessions(cookie)
  const stylesheet = readFileSync(styles)
  const headers = {
    'cache-control': 'no-store',
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }

  async function answer(request) {
    const url = new URL(request.url, `http://localhost:${port}`)
    if (url.pathname === '/style.css') return { status: 200, headers: { 'content-type': 'text/css' }, body: stylesheet }
    const route = routes[`${request.method} ${url.pathname}`]
    if (!route) return page(404, failure('This page does not exist.'))
    try {
      const session = sessions.open(request)
      const response = await route({ url, session })
      return { ...response, headers: { ...response.headers, ...sessions.keep(session) } }
    } catch (error) {
      console.error(`${name}: ${error.message}`, error.cause ?? '')
      return page(error.cause?.code === 'ECONNREFUSED' ? 503 : 500, failure(explain(error)))
    }
  }

  const server = createServer(async (request, response) => {
    const { status, headers: own, body } = await answer(request)
    response.writeHead(status, { ...headers, ...own }).end(body)
  })
  server.on('error', (error) => {
    console.error(`${name} cannot listen on port ${port}: ${error.message}`)
    process.exit(1)
  })
  server.listen(port, '127.0.0.1', () => console.log(`${name} is at http://localhost:${port}`))
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => { server.close(() => process.exit(0)); server.closeAllConnections() })
}

// What the identity server said, where it said something.
const explain = (error) => error.error_description ?? error.error
  ?? (error.cause?.code === 'ECONNREFUSED' ? 'The identity server does not answer. Is it running?' : 'Something went wrong. Please try again.')
