// Acme Shop: an application of the house (first party), with a server of its own that keeps a client secret.
// Signs people in with the authorization code flow and PKCE, shows who they are, refreshes its tokens, signs them out.
import * as oidc from 'openid-client'
import { html, page, redirect, requireEnvironment, serve } from '../shared/web.mjs'

const [issuer, clientId, clientSecret] = requireEnvironment('ISSUER', 'CLIENT_ID', 'CLIENT_SECRET')
const port = Number(process.env.PORT ?? 8081)
const home = process.env.BASE_URL ?? `http://localhost:${port}`
const callback = `${home}/callback`

// What the identity server offers is read once, when it is first needed. Plain http is for a server on this machine only.
let discovered
const configuration = () => discovered ??= oidc.discovery(new URL(issuer), clientId, undefined, oidc.ClientSecretBasic(clientSecret), {
  execute: new URL(issuer).hostname === 'localhost' ? [oidc.allowInsecureRequests] : [],
}).catch((error) => { discovered = undefined; throw error })

// -- signing in and out

async function signIn({ session }) {
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const nonce = oidc.randomNonce()
  session.begin(state, { verifier, nonce })
  return redirect(oidc.buildAuthorizationUrl(await configuration(), {
    redirect_uri: callback,
    scope: 'openid profile email',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  }))
}

async function finishSignIn({ url, session }) {
  const state = url.searchParams.get('state')
  const begun = session.comeBack(state)
  if (!begun || url.searchParams.get('error') === 'access_denied') return redirect('/')
  const tokens = await oidc.authorizationCodeGrant(await configuration(), new URL(url.search, callback), {
    pkceCodeVerifier: begun.verifier,
    expectedState: state,
    expectedNonce: begun.nonce,
    idTokenExpected: true,
  })
  session.signIn({ ...await describe(tokens), refreshed: 0 })
  return redirect('/')
}

// What the tokens say of a person. A refresh may come without a new ID token; then the claims known before stand.
async function describe(tokens, before) {
  const claims = tokens.claims() ?? before.claims
  const info = await oidc.fetchUserInfo(await configuration(), tokens.access_token, claims.sub)
  return { claims, info, tokens: { id_token: before?.tokens.id_token, ...tokens } }
}

async function refresh({ session }) {
  if (!session.person?.tokens.refresh_token) return redirect('/')
  try {
    const tokens = await oidc.refreshTokenGrant(await configuration(), session.person.tokens.refresh_token)
    session.person = { ...await describe(tokens, session.person), refreshed: session.person.refreshed + 1 }
  } catch (error) {
    if (error.error !== 'invalid_grant') throw error
    session.signOut() // the person's session at the identity server has ended, so it ends here too
  }
  return redirect('/')
}

async function signOut({ session }) {
  const { person } = session
  session.signOut()
  if (!person) return redirect('/')
  return redirect(oidc.buildEndSessionUrl(await configuration(), {
    id_token_hint: person.tokens.id_token,
    post_logout_redirect_uri: `${home}/`,
  }))
}

// -- pages

const layout = (title, user, main) => html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <link rel="stylesheet" href="/style.css">
</head>
<body>
  <header>
    <a class="brand" href="/">Acme <span>Shop</span></a>
    ${user
      ? html`<form method="post" action="/sign-out"><button class="quiet">Sign out</button></form>`
      : html`<a class="button" href="/sign-in">Sign in</a>`}
  </header>
  <main>${main}</main>
  <footer>A demonstration. Nothing is sold here.</footer>
</body>
</html>`

const goods = [['Anvil, small', '49.00'], ['Rocket skates', '129.00'], ['Portable hole', '15.50'], ['Giant magnet', '89.90']]
const shelf = html`<ul class="shelf">${goods.map(([name, price], index) => html`
  <li><div class="picture tone-${index}" aria-hidden="true"></div><h2>${name}</h2><p>€ ${price}</p></li>`)}</ul>`

const visitorPage = () => layout('Acme Shop', null, html`
  <section class="hero">
    <h1>Fine goods for ambitious plans</h1>
    <p>Sign in to see your orders. New here? The same page lets you create an account.</p>
    <a class="button large" href="/sign-in">Sign in or create an account</a>
  </section>
  ${shelf}`)

const time = (seconds) => new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19) + ' UTC'
const facts = (pairs) => html`<dl>${pairs.filter(([, value]) => value !== undefined && value !== '')
  .map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>`

const customerPage = ({ claims, info, tokens, refreshed }) => layout('Acme Shop: your account', info, html`
  <section class="hero">
    <h1>Hello, ${info.name ?? info.preferred_username ?? info.email ?? 'customer'}</h1>
    <p>You are signed in. Your basket is waiting.</p>
  </section>
  ${shelf}
  <section class="card" aria-labelledby="who">
    <h2 id="who">Who you are</h2>
    <p>From the userinfo endpoint.</p>
    ${facts([['Name', info.name], ['Email', info.email], ['Email verified', info.email_verified === undefined ? undefined : info.email_verified ? 'yes' : 'no'],
      ['Subject', info.sub]])}
  </section>
  <section class="card" aria-labelledby="how">
    <h2 id="how">How you signed in</h2>
    <p>From the ID token.</p>
    ${facts([['Issuer', claims.iss], ['Signed in', claims.auth_time && time(claims.auth_time)], ['Method', claims.amr?.join(', ')],
      ['Session', claims.sid], ['ID token expires', time(claims.exp)]])}
    ${tokens.refresh_token && html`<form method="post" action="/refresh"><button>Refresh tokens</button></form>`}
    ${refreshed > 0 && html`<p role="status">Refreshed ${refreshed} ${refreshed === 1 ? 'time' : 'times'}.</p>`}
  </section>`)

serve({
  name: 'Acme Shop',
  port,
  cookie: 'acme_shop',
  styles: new URL('style.css', import.meta.url),
  failure: (message) => layout('Acme Shop', null, html`
    <section class="hero"><h1>That did not work</h1><p role="alert">${message}</p><a class="button" href="/">Back to the shop</a></section>`),
  routes: {
    'GET /': async ({ session }) => page(200, session.person ? customerPage(session.person) : visitorPage()),
    'GET /sign-in': signIn,
    'GET /callback': finishSignIn,
    'POST /refresh': refresh,
    'POST /sign-out': signOut,
  },
})
