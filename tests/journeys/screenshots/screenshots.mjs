// Takes a picture of every hosted page: two widths, every language, light and dark; and holds each page to axe-core
// (WCAG 2.2 AA), to its width (nothing scrolls sideways) and to the size of what can be touched.
//
//   node tests/journeys/screenshots/screenshots.mjs [--only sign-in,consent] [--languages ar,ja] [--quick]
//
// The pages are the fixtures of src/view/test_support/fixtures.cpp, written by view_test, and the mails ("letter-*"),
// written by messages_test; they are served here with the same headers as the server's. Pictures: build/screenshots/<language>/<page>-<width>-<scheme>.png
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const options = process.argv.slice(2);
const option = (name) => options.includes(name) && options[options.indexOf(name) + 1];
const only = option('--only') && option('--only').split(',');
const spoken = option('--languages') && option('--languages').split(',');
const quick = options.includes('--quick');
const programs = option('--programs') || join(root, 'build/asan/src');

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pages-'));
for (const [program, test] of [['view_test', 'PagesTest.EveryFixtureRenders'],
  ['messages_test', 'Messages.EveryKindHasItsWordsInEveryLanguage']]) {
  if (!existsSync(join(programs, program))) {
    console.error(`${program} is missing. Build it first: ninja -C build/asan ${program}`);
    process.exit(2);
  }
  execFileSync(join(programs, program), [`--gtest_filter=${test}`, '--gtest_brief=1'],
    { env: { ...process.env, GATEHOUSE_FIXTURES: folder }, stdio: ['ignore', 'ignore', 'inherit'] });
}

const types = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml', html: 'text/html; charset=utf-8' };
const server = createServer((request, response) => {
  const path = new URL(request.url, 'http://x').pathname;
  const file = path.includes('/assets/')
    ? join(root, 'web/pages/assets', path.split('/').pop())
    : path.startsWith('/dev/mail/') ? join(folder, 'en/letter-verify_email.html') : join(folder, path);
  if (!existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    'content-type': types[file.split('.').pop()],
    'content-security-policy': path.includes('letter-') || path.startsWith('/dev/mail/')
      ? "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'" : "default-src 'none'; style-src 'self' 'nonce-bm9uY2U'; script-src 'self'; " +
      "img-src 'self' https:; form-action 'self'; base-uri 'none'; frame-src 'self'",
  }).end(readFileSync(file));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const base = `http://127.0.0.1:${server.address().port}`;

const axe = readFileSync(join(root, 'tests/node_modules/axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const faults = [];
let pictures = 0;

async function inspect(page, name) {
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    const faults = violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
    if (document.documentElement.scrollWidth > innerWidth)
      faults.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${innerWidth}`);
    for (const target of document.querySelectorAll('button, a, input:not([type=hidden]):not([type=checkbox]), select')) {
      const box = target.getBoundingClientRect();
      const inline = target.closest('.summary') || target.closest('.skip') || target.closest('details:not([open])');
      if (box.width > 0 && box.height < 43.5 && !inline)
        faults.push(`less than 44 px high (${box.height}): ${target.outerHTML.slice(0, 80)}`);
    }
    return faults;
  });
  faults.push(...found.map((fault) => `${name}: ${fault}`));
}

for (const language of readdirSync(folder)) {
  if (spoken && !spoken.includes(language)) continue;
  const target = join(root, 'build/screenshots', language);
  if (!only) rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const width of quick ? [360] : [360, 1280]) {
    for (const scheme of ['light', 'dark']) {
      const context = await browser.newContext({ viewport: { width, height: width === 360 ? 740 : 860 },
        colorScheme: scheme, reducedMotion: 'reduce', bypassCSP: false });
      const page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('404')) faults.push(`${page.url()}: ${message.text()}`);
      });
      page.on('pageerror', (error) => faults.push(`${page.url()}: ${error}`));
      for (const file of readdirSync(join(folder, language)).sort()) {
        const name = file.replace('.html', '');
        if (only && !only.includes(name)) continue;
        await page.goto(`${base}/${language}/${file}`);
        await page.screenshot({ path: join(target, `${name}-${width}-${scheme}.png`), fullPage: true });
        ++pictures;
        if (name.startsWith('letter-')) continue; // a mail is not a page of the site
        await page.evaluate(axe);
        await inspect(page, `${language}/${name} at ${width} ${scheme}`);
        if (width === 360 && scheme === 'light') {
          await page.setViewportSize({ width: 320, height: 640 });
          await inspect(page, `${language}/${name} at 320`);
          await page.setViewportSize({ width, height: 740 });
        }
      }
      await context.close();
    }
  }
}
await browser.close();
server.close();
rmSync(folder, { recursive: true, force: true });
for (const fault of new Set(faults)) console.error(fault);
console.log(`${pictures} pictures in build/screenshots, ${new Set(faults).size} faults`);
process.exit(faults.length ? 1 : 0);
