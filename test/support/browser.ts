/** For tests: Debian's Chromium, and a page that fails its test when the browser refuses or breaks something. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

const CHROMIUM = process.env['HOLDFAST_TEST_CHROMIUM'] ?? '/usr/bin/chromium'

/** Why tests with a browser cannot run here; nothing when they can. In CI they always do. */
export const NO_BROWSER: string | false =
  existsSync(CHROMIUM) || process.env['CI'] === 'true' ? false : `there is no Chromium at ${CHROMIUM}`

/** Longer than anything takes on a machine that others use too. */
const ACTION_TIMEOUT_MS = 15_000

/** Starts a browser without a window. */
export function openBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0
  return chromium.launch({ executablePath: CHROMIUM, args: isRoot ? ['--no-sandbox'] : [] })
}

/** A page, and what went wrong in it: errors, and whatever the content security policy has refused. */
export type WatchedPage = { readonly page: Page; readonly assertClean: () => void }

/** Opens a page in a browser of its own cookies. */
export async function openPage(
  browser: Browser,
  options: { readonly colorScheme?: 'light' | 'dark'; readonly width?: number } = {},
): Promise<WatchedPage> {
  const { colorScheme = 'light', width = 1280 } = options
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } })
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

/** Asserts that axe finds nothing on a page that the WCAG 2.2, levels A and AA, forbid. */
async function assertAccessible(page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source)
  const found: readonly string[] = await page.evaluate(
    `axe.run({ runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`,
  )
  assert.deepEqual(
    found.filter((one) => !KNOWN.some((known) => known.test(one))),
    [],
    name,
  )
}

/** What Cloudscape itself does, which no page can change: its navigation on narrow screens has an orientation. */
const KNOWN = [/^aria-allowed-attr: <nav [^>]*aria-orientation="horizontal" class="awsui_mobile-toolbar-nav_/]

/** Where pictures of pages go, for people to look at; nothing unless it is asked for. */
const PICTURES = process.env['HOLDFAST_TEST_PICTURES']

/** Takes a picture of a page for people, and asserts the rules that a machine can check. */
export async function look(page: Page, name: string): Promise<void> {
  await picture(page, name)
  await assertAccessible(page, name)
}

/** Takes a picture of a page where it is asked for. */
async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES !== undefined) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true })
}
