// A person shows a picture of themselves.  rooms: account, identity, images
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { isAccessible, openBrowser, press, register, visitor } from '../support/browser.mjs'
import { startGatehouse } from '../support/gatehouse.mjs'

const password = 'a long enough passphrase'
const seeds = new URL('../fuzz/corpus/images/', import.meta.url)
let gatehouse, browser, number = 0

before(async () => { [gatehouse, browser] = await Promise.all([startGatehouse(), openBrowser()]) })
after(async () => {
  await browser?.close()
  await gatehouse?.stop()
})

async function atAccount(options) {
  const guest = await visitor(browser, options)
  await guest.page.goto(`${gatehouse.address}/account`)
  await register(gatehouse, guest.page, { email: `picture${++number}@example.com`, name: 'Ada Lovelace', password })
  await guest.page.getByRole('heading', { name: 'Your picture' }).waitFor()
  return guest
}
const choose = (page, file) => page.getByLabel('Choose a picture').setInputFiles({
  name: 'me.png', mimeType: 'image/png', buffer: typeof file === 'string' ? readFileSync(new URL(file, seeds)) : file,
})

for (const javaScriptEnabled of [true, false])
  test(`a photograph is uploaded, shown upright, and removed, ${javaScriptEnabled ? 'with' : 'without'} script`, async () => {
    const { page, close } = await atAccount({ javaScriptEnabled })
    if (javaScriptEnabled) await isAccessible(page)
    await choose(page, 'turned.jpg')
    await press(page, 'Save the picture')
    await page.getByText('Your picture is saved.').waitFor()
    if (javaScriptEnabled) await isAccessible(page)
    const shown = page.getByRole('img', { name: 'Your picture' })
    const address = new URL(await shown.getAttribute('src'), gatehouse.address)
    if (javaScriptEnabled) assert.equal(await shown.evaluate((image) => image.naturalWidth), 8, 'the square in the middle')
    const file = await fetch(address) // by anybody who has the address
    assert.equal(file.headers.get('content-type'), 'image/webp')
    const bytes = Buffer.from(await file.arrayBuffer())
    assert.ok(!bytes.includes('Camera') && !bytes.includes('Exif'), 'nothing but pixels')
    await press(page, 'Remove the picture')
    await page.getByText('Your picture is removed.').waitFor()
    assert.equal((await fetch(address)).status, 404)
    await close()
  })

test('what is no picture is refused beside the field', async () => {
  const { page, close } = await atAccount()
  await choose(page, 'drawing.svg')
  await press(page, 'Save the picture')
  await page.getByText('This is no PNG, JPEG or WebP file').waitFor()
  await isAccessible(page)
  await choose(page, Buffer.from('\x89PNG\r\n\x1a\n<script>alert(1)</script>', 'latin1'))
  await press(page, 'Save the picture')
  await page.getByText('The picture cannot be read').waitFor()
  await close()
})
