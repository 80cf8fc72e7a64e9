// node first_paint.mjs ADDRESS [TIMES]: how soon the sign-in page paints in Chromium, from the start of the navigation;
// one fresh browser context (nothing cached) for each time. Prints the milliseconds, one in a line.
// NODE_PATH is not looked at by modules: playwright-core is that of the browser tests.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(fileURLToPath(new URL('../tests/package.json', import.meta.url)))
const { chromium } = require('playwright-core')

const [address, times = '9'] = process.argv.slice(2)
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu']
})
try {
  for (let i = -1; i < Number(times); ++i) { // the first one warms the browser up
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(address, { waitUntil: 'load' })
    const paint = await page.evaluate(() => new Promise((resolve) => {
      const seen = (entries) => entries.find((entry) => entry.name === 'first-contentful-paint')?.startTime
      const now = seen(performance.getEntriesByType('paint'))
      if (now !== undefined) resolve(now)
      else new PerformanceObserver((list) => resolve(seen(list.getEntries()))).observe({ type: 'paint', buffered: true })
    }))
    if (i >= 0) console.log(paint.toFixed(1))
    await context.close()
  }
} finally {
  await browser.close()
}
