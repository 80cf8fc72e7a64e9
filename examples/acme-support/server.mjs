// Acme Support: run by another company (third party), so people are asked before it learns who they are and before it
// may read their orders. Whoever is signed in to Acme Shop already is not asked for a password again.
import * as oidc from 'openid-client'
import { html, page, redirect, requireEnvironment, serve } from '../shared/web.mjs'

const [issuer, clientId, clientSecret] = requireEnvironment('ISSUER', 'CLIENT_ID', 'CLIENT_SECRET')
const port = Number(process.env.PORT ?? 8082)
const home = process.env.BASE_URL ?? `http://localhost:${port}`
const callback = `${home}/callback`
const resource = process.env.ORDERS_API ?? 'https://orders.acme.example'

let discovered
const configuration = () => discovered ??= oidc.discovery(new URL(issuer), clientId, undefined, oidc.ClientSecretBasic(clientSecret), {
  execute: new URL(issuer).hostname === 'localhost' ? [oidc.allowInsecureRequests] : [],
}).catch((error) => { discovered = undefined; throw error })

// -- signing in and out

async function signIn({ session }) {
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  session.begin(state, { verifier })
  return redirect(oidc.buildAuthorizationUrl(await configuration(), {
    redirect_uri: callback,
    scope: 'openid profile email offline_access orders:read',
    resource, // the API that the access token is for (RFC 8707)
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  }))
}

async function finishSignIn({ url, session }) {
  const state = url.searchParams.get('state')
  const begun = session.comeBack(state)
  if (!begun) return redirect('/')
  if (url.searchParams.get('error') === 'access_denied') return redirect('/?declined')
  const tokens = await oidc.authorizationCodeGrant(await configuration(), new URL(url.search, callback), {
    pkceCodeVerifier: begun.verifier,
    expectedState: state,
    idTokenExpected: true,
  })
  session.signIn({ claims: tokens.claims(), tokens })
  return redirect('/')
}

async function refresh({ session }) {
  const before = session.person?.tokens
  if (!before?.refresh_token) return redirect('/')
  try {
    const tokens = await oidc.refreshTokenGrant(await configuration(), before.refresh_token, { resource })
    session.person = { ...session.person, tokens: { id_token: before.id_token, scope: before.scope, ...tokens }, refreshed: true }
  } catch (error) {
    if (error.error !== 'invalid_grant') throw error
    session.signOut() // the person withdrew the consent, or an administrator did
  }
  return redirect('/')
}

async function signOut({ session }) {
  const { person } = session
  session.signOut()
  if (!person) return redirect('/')
  const server = await configuration()
  if (person.tokens.refresh_token) await oidc.tokenRevocation(server, person.tokens.refresh_token)
  return redirect(oidc.buildEndSessionUrl(server, {
    id_token_hint: person.tokens.id_token,
    post_logout_redirect_uri: `${home}/`,
  }))
}

// -- pages

const layout = (title, signedIn, main) => html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <link rel="stylesheet" href="/style.css">
</head>
<body>
  <header>
    <a class="brand" href="/">Acme Support</a>
    ${signedIn && html`<form method="post" action="/sign-out"><button class="quiet">Sign out</button></form>`}
  </header>
  <main>${main}</main>
  <footer>A demonstration. Nobody reads your messages.</footer>
</body>
</html>`

const visitorPage = (declined) => layout('Acme Support', false, html`
  <section class="panel">
    <h1>How can we help?</h1>
    ${declined && html`<p role="status" class="notice">You did not allow access, so nothing was shared with us. You can try again at any time.</p>`}
    <p>Continue with your Acme account, so that we know which orders you are asking about.</p>
    <a class="button" href="/sign-in">Continue with Acme</a>
  </section>`)

const scopes = {
  openid: 'to know that it is you', profile: 'your name', email: 'your email address',
  offline_access: 'to stay signed in', 'orders:read': 'to read your orders',
}
const customerPage = ({ claims, tokens, refreshed }) => layout('Acme Support: your tickets', true, html`
  <section class="panel">
    <h1>Welcome, ${claims.name ?? claims.email ?? 'customer'}</h1>
    <p>You have no open tickets.</p>
  </section>
  <section class="panel" aria-labelledby="allowed">
    <h2 id="allowed">What you allowed us</h2>
    <ul>${(tokens.scope ?? '').split(' ').filter(Boolean).map((scope) => html`<li><code>${scope}</code> ${scopes[scope]}</li>`)}</ul>
    <dl><dt>We know you as</dt><dd>${claims.sub}</dd></dl>
    ${tokens.refresh_token && html`<form method="post" action="/refresh"><button>Refresh tokens</button></form>`}
    ${refreshed && html`<p role="status">The tokens are fresh.</p>`}
  </section>`)

serve({
  name: 'Acme Support',
  port,
  cookie: 'acme_support',
  styles: new URL('style.css', import.meta.url),
  failure: (message) => layout('Acme Support', false, html`
    <section class="panel"><h1>That did not work</h1><p role="alert">${message}</p><a class="button" href="/">Back</a></section>`),
  routes: {
    'GET /': async ({ url, session }) =>
      page(200, session.person ? customerPage(session.person) : visitorPage(url.searchParams.has('declined'))),
    'GET /sign-in': signIn,
    'GET /callback': finishSignIn,
    'POST /refresh': refresh,
    'POST /sign-out': signOut,
  },
})
