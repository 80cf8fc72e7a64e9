// A person without a browser: keeps cookies, follows redirects, fills in forms as they stand in the page. Enough to use
// every page that works without script.
import { parse } from 'node-html-parser'
import { codeIn } from './gatehouse.mjs'

export class Person {
  #cookies = new Map() // by host name: browsers share cookies between the ports of a host

  // Follows redirects as long as they stay at `within` (an origin); a redirect that leaves it is the answer.
  async go(address, { within = new URL(address).origin, ...request } = {}) {
    for (let hops = 0; hops < 15; ++hops) {
      const url = new URL(address)
      const headers = { accept: 'text/html', 'accept-language': 'en', ...request.headers }
      const cookies = [...(this.#cookies.get(url.hostname) ?? [])].map(([name, value]) => `${name}=${value}`)
      if (cookies.length > 0) headers.cookie = cookies.join('; ')
      const response = await fetch(url, { ...request, headers, redirect: 'manual' })
      this.#keep(url.hostname, response.headers.getSetCookie())
      const location = response.headers.get('location')
      if (!location) return new Page(this, response, url, await response.text())
      await response.body?.cancel()
      const next = new URL(location, url)
      if (next.origin !== within) return { left: next, status: response.status }
      address = next.href
      request = {} // 303: the next request is a GET
    }
    throw new Error(`too many redirects at ${address}`)
  }

  cookies(hostname) { return this.#cookies.get(hostname) ?? new Map() }
  forgetCookies() { this.#cookies.clear() }

  #keep(host, lines) {
    const jar = this.#cookies.get(host) ?? new Map()
    this.#cookies.set(host, jar)
    for (const line of lines) {
      const [pair, ...attributes] = line.split(/; */)
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
      const gone = attributes.some((attribute) => /^max-age=(0|-)/i.test(attribute))
      if (gone) jar.delete(name)
      else jar.set(name, value)
    }
  }
}

// What a person recognizes a field by, as browsers and password managers do.
const recognize = {
  email: (input) => input.getAttribute('type') === 'email' || /\b(email|username)\b/.test(input.getAttribute('autocomplete') ?? ''),
  password: (input) => input.getAttribute('type') === 'password',
  name: (input) => /\bname\b/.test(input.getAttribute('autocomplete') ?? ''),
  code: (input) => input.getAttribute('autocomplete') === 'one-time-code',
}

export class Page {
  constructor(person, response, url, text) {
    this.person = person
    this.status = response.status
    this.headers = response.headers
    this.url = url
    this.text = text
    this.root = parse(text)
  }

  get title() { return this.root.querySelector('h1')?.text.trim() ?? '' }
  get words() { return this.root.querySelector('body')?.text.replace(/\s+/g, ' ').trim() ?? '' }

  link(pattern) {
    const found = this.root.querySelectorAll('a[href]').find((link) => pattern.test(link.getAttribute('href')))
    if (!found) throw new Error(`no link to ${pattern} on "${this.title}"`)
    return new URL(found.getAttribute('href').replaceAll('&amp;', '&'), this.url).href
  }

  // The fields by meaning: { email, password, name, code }. `button`: the value of the button that is pressed.
  async submit(values, { button, within } = {}) {
    const isPressed = (candidate) => button ? candidate.getAttribute('value') === button : candidate.classList.contains('button-primary')
    const form = this.root.querySelectorAll('form').find((form) => form.querySelectorAll('button').some(isPressed))
    if (!form) throw new Error(`no form with the button ${button ?? '(go on)'} on "${this.title}":\n${this.words}`)
    const fields = new URLSearchParams()
    const left = { ...values }
    for (const input of form.querySelectorAll('input')) {
      const name = input.getAttribute('name')
      if (!name) continue
      const meaning = Object.keys(recognize).find((meaning) => recognize[meaning](input))
      if (meaning && meaning in values) {
        fields.append(name, values[meaning])
        delete left[meaning]
      } else if (!['checkbox', 'radio'].includes(input.getAttribute('type')) || input.hasAttribute('checked')) {
        fields.append(name, input.getAttribute('value') ?? '')
      }
    }
    if (Object.keys(left).length > 0) throw new Error(`no field for ${Object.keys(left)} on "${this.title}"`)
    const pressed = form.querySelectorAll('button').find(isPressed)
    if (pressed.getAttribute('name')) fields.append(pressed.getAttribute('name'), pressed.getAttribute('value') ?? '')
    const action = new URL((form.getAttribute('action') || this.url.href).replaceAll('&amp;', '&'), this.url)
    return this.person.go(action.href, {
      method: 'POST',
      body: fields,
      headers: { origin: this.url.origin, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' },
      within,
    })
  }
}

// Creates an account from the sign-in page; ends where the journey leads.
export async function register(gatehouse, page, { email, name = 'Ada Lovelace', password }) {
  const form = await page.person.go(page.link(/\/register/))
  const sent = await form.submit({ email, name, password })
  return sent.submit({ code: codeIn(await gatehouse.mailTo(email)) })
}
