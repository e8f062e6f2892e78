/** For tests: the web console of a running server. */

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { runHoldfast } from './command.ts'
import type { TestServer } from './server.ts'
import { until } from './until.ts'

const LINK = /http:\S+#link=\S+/

/** The sign-in link in the output of a server start. */
export function signInLink(server: TestServer): Promise<string> {
  return until('the link is printed', async () => LINK.exec(server.output())?.[0])
}

/** Signs in as the root user or as a user, and waits for the home page. */
export async function signInTo(server: TestServer, page: Page, user?: string): Promise<void> {
  await page.goto(await newLink(server, user))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Home', exact: true }).waitFor()
}

/** Creates a sign-in link for the root user or for a user. */
export async function newLink(server: TestServer, user?: string): Promise<string> {
  const { output, errors } = await runHoldfast(
    server.data,
    'console',
    ...(user === undefined ? [] : ['--user', user]),
  )
  return linkIn(`${output}\n${errors}`)
}

function linkIn(text: string): string {
  const link = LINK.exec(text)?.[0]
  assert.ok(link, `a link was printed: ${text}`)
  return link
}

/** The problems of a page except refused calls, which the browser reports as network errors. */
export function problemsOf(assertClean: () => void): readonly string[] {
  try {
    assertClean()
    return []
  } catch (error) {
    assert.ok(error instanceof assert.AssertionError && Array.isArray(error.actual))
    return error.actual.map(String).filter((one) => !one.startsWith('Failed to load resource'))
  }
}

/** An action on a row: its button, the action in its dialog, and the beginning of the command that the dialog shows. */
type RowAction = { readonly button: string | RegExp; readonly action: string; readonly command: string }

/** Presses a button of a row, looks at the command in its dialog, and confirms. */
export async function rowAction(page: Page, { button, action, command }: RowAction): Promise<void> {
  await page.getByRole('button', { name: button }).click()
  const dialog = page.getByRole('dialog', { name: action, exact: true })
  await dialog.getByRole('button', { name: 'Show as CLI' }).click()
  await page.locator('pre', { hasText: command }).waitFor()
  await page.getByRole('dialog').last().getByRole('button', { name: /Close/ }).click()
  await dialog.getByRole('button', { name: action, exact: true }).click()
}
