// Chromium's virtual authenticators: a fingerprint reader, a security key, an old one that only speaks U2F.
export const platform = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true }
export const roaming = { protocol: 'ctap2', transport: 'usb', hasResidentKey: true, hasUserVerification: true, isUserVerified: true }
// Security keys that keep nothing themselves, with and without a PIN.
export const nonResident = { protocol: 'ctap2', transport: 'usb', hasResidentKey: false, hasUserVerification: true, isUserVerified: true }
export const touched = { protocol: 'ctap2', transport: 'usb', hasResidentKey: false, hasUserVerification: false, isUserVerified: false }
export const u2f = { protocol: 'u2f', transport: 'usb', hasResidentKey: false, hasUserVerification: false, isUserVerified: false }

export async function addAuthenticator(page, options = platform) {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator',
    { options: { automaticPresenceSimulation: true, ...options } })
  const send = (command, more = {}) => session.send(`WebAuthn.${command}`, { authenticatorId, ...more })
  return {
    credentials: async () => (await send('getCredentials')).credentials,
    // Puts a credential of another page's authenticator into this one: the same key in the same pocket.
    take: (credential) => send('addCredential', { credential: { rpId: 'localhost', ...credential } }),
    // What the person does when asked: nothing, or the wrong finger.
    isPresent: (enabled) => send('setAutomaticPresenceSimulation', { enabled }),
    isVerified: (isUserVerified) => send('setUserVerified', { isUserVerified }),
  }
}
