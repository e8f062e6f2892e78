import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CreateKeyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import type { Browser, Page } from 'playwright-core'
import { eventOf } from '../support/audit.ts'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { callRaw } from '../support/calls.ts'
import { signInTo } from '../support/console.ts'
import { kmsClient, REGION } from '../support/kms.ts'
import { startServer, type TestServer } from '../support/server.ts'

const ACCOUNT = '000000000000'
/** The longest description of a key, without a space at which a line could break. */
const LONGEST = 8192
/** Markup, a character that turns the direction of the text, and a formula. */
const HOSTILE = '<img/src=x/onerror=alert(1)>\u202e=1+1'

let browser: Browser
let server: TestServer
let keyId: string

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION } })
  browser = await openBrowser()
  const kms = kmsClient(server)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: longText(LONGEST) }))
  keyId = KeyMetadata?.KeyId ?? ''
  const Statement = [
    {
      Sid: longText(LONGEST),
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: 'kms:*',
      Resource: '*',
      Condition: { StringNotEquals: { 'kms:EncryptionContext:who': longText(LONGEST) } },
    },
  ]
  // A policy has the character as an escape of JSON only.
  const text = JSON.stringify({ Version: '2012-10-17', Statement })
  const Policy = text.replaceAll('\u202e', '\\u202e')
  await kms.send(new PutKeyPolicyCommand({ KeyId: keyId, Policy }))
})

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

function longText(length: number): string {
  return HOSTILE.repeat(Math.ceil(length / HOSTILE.length)).slice(0, length)
}

/** Asserts that the text is there and ran nothing, and that the document is not wider than the window. */
async function assertText(page: Page, name: string): Promise<void> {
  await page.getByText('<img/src=x/onerror=alert(1)>').first().waitFor()
  assert.equal(await page.locator('img[src=x]').count(), 0, name)
  const shown = (await page.locator('main').textContent()) ?? ''
  assert.ok(!shown.includes('\u202e'), `${name}: the character that turns the direction is written out`)
  const wider: number = await page.evaluate(
    'document.scrollingElement.scrollWidth - document.documentElement.clientWidth',
  )
  assert.ok(wider <= 0, `${name}: the document is ${wider} pixels wider than the window`)
  await look(page, `hostile-${name}`)
}

/** Shows the policy as sentences: a narrow page has a menu instead of two buttons. */
async function showSentences(page: Page): Promise<void> {
  const sentences = page.getByRole('button', { name: 'Sentences' })
  const menu = page.getByRole('button', { name: /Show the policy as/ })
  await sentences.or(menu).first().waitFor()
  if (await sentences.isVisible()) return sentences.click()
  await menu.click()
  await page.getByRole('option', { name: 'Sentences' }).click()
}

for (const width of [360, 1280]) {
  test(`texts of 8 KB are text, and make no page wider, ${width} pixels wide`, {
    skip: NO_BROWSER,
  }, async () => {
    const { page, assertClean } = await openPage(browser, { width })
    page.on('dialog', () => assert.fail('a script of a text ran'))
    await signInTo(server, page)
    const preferences = { pageSize: 20, columns: ['alias', 'id', 'description'] }
    await page.evaluate(`localStorage.setItem('holdfast-keys', '${JSON.stringify(preferences)}')`)
    await page.goto(`${server.endpoint}/console/keys`)
    await assertText(page, `keys-${width}`)
    await page.goto(`${server.endpoint}/console/keys/${keyId}`)
    await assertText(page, `key-${width}`)
    await page.goto(`${server.endpoint}/console/keys/${keyId}?tab=policy`)
    await showSentences(page)
    await assertText(page, `policy-${width}`)
    assertClean()
    await page.context().close()
  })
}

test('a user agent of 8 KB is text in the record of its call', { skip: NO_BROWSER }, async () => {
  const more = ['user-agent', `<img/src=x/onerror=alert(1)>${'a'.repeat(7000)}`]
  const answer = await callRaw(server, 'TrentService.ListKeys', '{}', { ...server.credentials, more })
  assert.equal(answer.status, 200, answer.text)
  const event = await eventOf(server, answer.requestId)
  const { page, assertClean } = await openPage(browser, { width: 360 })
  await signInTo(server, page)
  const id = String(event['eventID'])
  await page.goto(`${server.endpoint}/console/audit?attribute=EventId&value=${id}&event=${id}`)
  await assertText(page, 'audit')
  assertClean()
  await page.context().close()
})
