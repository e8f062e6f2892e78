/** For tests: Debian's Chromium, and a page that fails its test if the browser blocks or breaks anything. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

const CHROMIUM = process.env['HOLDFAST_TEST_CHROMIUM'] ?? '/usr/bin/chromium'

/** The reason why browser tests cannot run here; `false` if they can. CI always runs them. */
export const NO_BROWSER: string | false =
  existsSync(CHROMIUM) || process.env['CI'] === 'true' ? false : `there is no Chromium at ${CHROMIUM}`

/** Longer than any action takes on a busy machine. */
const ACTION_TIMEOUT_MS = 15_000

/** Starts a headless browser. */
export function openBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0
  return chromium.launch({ executablePath: CHROMIUM, args: isRoot ? ['--no-sandbox'] : [] })
}

/** A page with its errors, which include violations of the content security policy. */
export type WatchedPage = { readonly page: Page; readonly assertClean: () => void }

/** The browser context of a page. */
type PageOptions = {
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
  /** Whether the browser opens sites of the test that nobody vouches for. */
  readonly takesEveryCertificate?: boolean
}

/** Opens a page in a separate browser context, which has its own cookies. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<WatchedPage> {
  const { colorScheme = 'light', width = 1280, takesEveryCertificate = false } = options
  const context = await browser.newContext({
    ...{ colorScheme, viewport: { width, height: 900 } },
    // A color that fades in has too little contrast until it is there.
    reducedMotion: 'reduce',
    ignoreHTTPSErrors: takesEveryCertificate,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(ACTION_TIMEOUT_MS)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  return { page, assertClean: () => assert.deepEqual(problems, []) }
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** Waits for the end of all transitions and animations that end. */
const SETTLED = `Promise.allSettled(document.getAnimations()
  .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
  .map(({ finished }) => finished)).then(() => undefined)`

/** How often axe looks at a page that goes on changing while it looks: an editor replaces its lines and marks. */
const LOOKS = 5

/** Evaluates to axe's violations. Axe throws when the page replaces an element that axe is reading: it looks again. */
const LOOK = `(async () => {
  for (let look = 1; ; look++) {
    try {
      const { violations } = await axe.run({ runOnly: ${JSON.stringify(RULES)} })
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200)))
    } catch (error) {
      if (look === ${LOOKS}) throw error
      await new Promise((resolve) => setTimeout(resolve, 100 * look))
    }
  }
})()`

/** Asserts that axe finds no violation of WCAG 2.2, levels A and AA. */
async function assertAccessible(page: Page, name: string): Promise<void> {
  await page.evaluate(SETTLED)
  await page.evaluate(axe.source)
  const found: readonly string[] = await page.evaluate(LOOK)
  assert.deepEqual(
    found.filter((one) => !KNOWN.some((known) => known.test(one))),
    [],
    name,
  )
}

/** A violation by Cloudscape itself, which no page can fix: its navigation on narrow screens has an orientation. */
const KNOWN = [/^aria-allowed-attr: <nav [^>]*aria-orientation="horizontal" class="awsui_mobile-toolbar-nav_/]

/** The folder for screenshots of pages; `undefined` by default. */
const PICTURES = process.env['HOLDFAST_TEST_PICTURES']

/** Takes a screenshot if requested, and asserts the accessibility rules that a machine can check. */
export async function look(page: Page, name: string): Promise<void> {
  await picture(page, name)
  await assertAccessible(page, name)
}

/** Takes a screenshot of a page if requested. */
async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true })
}
