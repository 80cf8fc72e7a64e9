// Our WebAuthn verifier and three others (libfido2, python-fido2, @simplewebauthn/server) judge the same registrations
// and assertions.  rooms: credentials
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { before, test } from 'node:test'
import { SettingsService, verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import { binary } from '../support/gatehouse.mjs'

const oracles = join(dirname(binary), 'tests/oracles')
const script = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../oracles/python_fido2_verdicts.py')

async function output(command, words = [], input = '') {
  const program = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve, reject) => { program.on('close', resolve); program.on('error', reject) })
  let text = ''
  program.stdout.on('data', (data) => { text += data })
  program.stdin.end(input)
  assert.equal(await ended, 0, command)
  return text
}
const verdictsOf = (text) => new Map(text.trim().split('\n').map((line) => line.split('\t')))

let text, cases
before(async () => {
  text = await output(join(oracles, 'webauthn_cases'))
  cases = text.trim().split('\n').map((line) => JSON.parse(line))
})

// Where another verifier says something else, and why. No case may want a reason that is not here.
function compare(verdicts, reasons) {
  const unexplained = []
  for (const one of cases) {
    const ours = one.verdict === 'passed'
    const theirs = verdicts.get(one.name)
    assert.ok(theirs, `no verdict on ${one.name}`)
    if (ours === theirs.startsWith('passed')) continue
    if (!reasons.some(([applies]) => applies(one, ours))) unexplained.push(`${one.name}: ours ${one.verdict}, theirs ${theirs}`)
  }
  assert.deepEqual(unexplained, [])
}
const named = (...parts) => (one) => parts.some((part) => one.name.includes(part))
// A bit turned over in a part of a certificate that proves nothing: without anchors nobody looks at its own signature.
const inCertificate = (one, ours) => ours && one.kind === 'registration' && one.name.includes('flipped')
const format = (...names) => (one) => one.kind === 'registration' && names.includes(one.format)

test('there is something to compare', () => {
  assert.ok(cases.length > 500)
  for (const kind of ['registration', 'assertion'])
    for (const verdict of ['passed', 'passkey_refused', 'passkey_malformed'])
      assert.ok(cases.some((one) => one.kind === kind && one.verdict === verdict), `${kind} ${verdict}`)
})

test('libfido2 agrees', async () => {
  compare(verdictsOf(await output(join(oracles, 'libfido2_verdicts'), [], text)), [
    [format('none', 'apple', 'android-key'), 'it verifies packed, fido-u2f and tpm only'],
    [format('tpm'), 'it takes TPMs that sign with RSA; ours signs with ES256'],
    [named('bytes behind the data'), 'it does not look behind the authenticator data'],
    [(one, ours) => !ours && named('another origin', 'another port', 'another challenge', 'another type', 'foreign page',
      'clientDataJSON flipped')(one), 'the client data is its caller’s to check'],
    [named('the counter went back'), 'the counter is its caller’s to check'],
    [named('backed up without'), 'it does not look at the backup flags'],
    [(one, ours) => one.kind === 'registration' && !ours && named('flipped')(one), 'it takes attestation data more loosely'],
  ])
})

test('python-fido2 agrees', async () => {
  compare(verdictsOf(await output('/usr/bin/python3', [script], text)), [
    [format('android-key'), 'it does not know android-key'],
    [format('tpm'), 'Debian’s version reads no ECC parameters, and takes certificates with a subject'],
    [inCertificate, 'it reads more of the certificate than it needs'],
    [named('/es384/'), 'Debian’s version does not know ES384'],
    [named('the counter went back'), 'the counter is its caller’s to check'],
    [named('backed up without'), 'it does not look at the backup flags'],
    [named('foreign page'), 'it does not look at crossOrigin'],
    [(one, ours) => !ours && named('flipped')(one), 'it reads CBOR, client data and statements more loosely'],
  ])
})

test('@simplewebauthn/server agrees', async () => {
  // Ours are certificates of no known root.
  for (const identifier of ['android-key', 'apple']) SettingsService.setRootCertificates({ identifier, certificates: [] })
  const verdicts = new Map()
  for (const one of cases) {
    const common = {
      response: one.response, expectedChallenge: one.challenge, expectedOrigin: one.origin, expectedRPID: one.rp_id,
      requireUserVerification: one.verify,
    }
    let verdict
    try {
      const { verified } = one.kind === 'registration'
        ? await verifyRegistrationResponse({ ...common, supportedAlgorithmIDs: [-7, -8, -35, -257] })
        : await verifyAuthenticationResponse({
          ...common,
          credential: { id: one.response.id, publicKey: Buffer.from(one.public_key, 'base64url'), counter: one.counter },
        })
      verdict = verified ? 'passed' : 'refused'
    } catch (error) {
      verdict = `refused ${error.message}`
    }
    verdicts.set(one.name, verdict)
  }
  compare(verdicts, [
    [(one) => format('apple')(one) && /eddsa|rs256/.test(one.name), 'it compares keys of elliptic curves only for Apple'],
    [format('android-key', 'tpm'), 'it demands paths to roots, or details of certificates, that ours do not have'],
    [inCertificate, 'it reads more of the certificate than it needs'],
    [named('foreign page'), 'it does not look at crossOrigin'],
    [(one, ours) => !ours && named('flipped')(one), 'it reads CBOR, client data and statements more loosely'],
  ])
})
