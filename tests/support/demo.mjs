// The demo as ./start runs it, on free ports: Gatehouse with examples/gatehouse.json, Acme Shop and Acme Support.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { freePort, startGatehouse, until } from './gatehouse.mjs'

const examples = new URL('../../examples/', import.meta.url)

export async function startDemo() {
  const [shopPort, supportPort] = [await freePort(), await freePort()]
  const secret = () => randomBytes(32).toString('base64url')
  const environment = { ACME_SHOP_SECRET: secret(), ACME_SUPPORT_SECRET: secret(), ACME_REPORTS_SECRET: secret() }
  const configuration = JSON.parse(readFileSync(new URL('gatehouse.json', examples), 'utf8')
    .replaceAll('localhost:8081', `localhost:${shopPort}`).replaceAll('localhost:8082', `localhost:${supportPort}`))
  const gatehouse = await startGatehouse({ configuration, environment })

  const run = async (name, port, clientSecret) => {
    let said = ''
    const application = spawn(process.execPath,
      ['--experimental-global-webcrypto', '--dns-result-order=ipv4first', new URL(`${name}/server.mjs`, examples).pathname],
      { env: { PATH: process.env.PATH, ISSUER: gatehouse.address, CLIENT_ID: name, CLIENT_SECRET: clientSecret, PORT: String(port) } })
    application.stderr.on('data', (data) => { said += data })
    await until(`${name} to listen`, () => {
      if (application.exitCode !== null) throw new Error(`${name} ended: ${said}`)
      return fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false)
    })
    return { address: `http://localhost:${port}`, stop: () => application.kill(), said: () => said }
  }
  const shop = await run('acme-shop', shopPort, environment.ACME_SHOP_SECRET)
  const support = await run('acme-support', supportPort, environment.ACME_SUPPORT_SECRET)
  return {
    gatehouse, shop, support,
    stop: async () => {
      shop.stop()
      support.stop()
      await gatehouse.stop()
    },
  }
}
