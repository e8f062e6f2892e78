import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { eventOf } from '../support/audit.ts'
import { look, NO_BROWSER, openBrowser, openPage } from '../support/browser.ts'
import { callRaw } from '../support/calls.ts'
import { runHoldfast } from '../support/command.ts'
import { problemsOf, signInTo } from '../support/console.ts'
import { allow, iamClient, newUser, policyText } from '../support/iam.ts'
import { REGION } from '../support/kms.ts'
import { callQuery } from '../support/query.ts'
import { callIam } from '../support/sdk-by-name.ts'
import { readCredentials, startServer, type TestServer } from '../support/server.ts'
import { newRole, trust } from '../support/sts.ts'

const ACCOUNT = '000000000000'
const TEAM = '111122223333'
const ROOT = { AWS: `arn:aws:iam::${ACCOUNT}:root` }
const CONTROL = { PolicyType: 'SERVICE_CONTROL_POLICY', Name: 'limits' }

let browser: Browser
let server: TestServer
let keyId: string

before(async () => {
  if (NO_BROWSER !== false) return
  server = await startServer({ environment: { HOLDFAST_CONSOLE: 'on', HOLDFAST_REGION: REGION } })
  browser = await openBrowser()
  const iam = iamClient(server)
  await newUser(iam, 'ada', policyText(allow('kms:*')))
  const grace = await newUser(iam, 'grace', policyText(allow('sts:AssumeRole')))
  await callIam(iam, 'CreatePolicy', { PolicyName: 'shared', PolicyDocument: policyText(allow('kms:*')) })
  const RoleArn = await newRole(iam, 'worker', trust(ROOT))
  iam.destroy()
  const { json } = await callRaw(server, 'TrentService.CreateKey', '{}', server.credentials)
  keyId = /"KeyId":"([\w-]+)"/.exec(JSON.stringify(json))?.[1] ?? ''
  const input = { RoleArn, RoleSessionName: 'session' }
  const assumed = await callQuery(server, { service: 'sts', action: 'AssumeRole' }, input, {
    credentials: grace,
  })
  await eventOf(server, assumed.requestId)
  assert.equal((await runHoldfast(server.data, 'account', 'create', `--id=${TEAM}`)).status, 0)
  const team = await readCredentials(server.data, TEAM)
  const created = await callRaw(server, 'TrentService.CreateKey', '{}', team)
  await eventOf(server, created.requestId)
  await putControl('PutControlPolicy', { Content: policyText(allow('*')) })
  await putControl('AttachControlPolicy', { TargetId: TEAM })
})

async function putControl(operation: string, more: object): Promise<void> {
  const body = JSON.stringify({ ...CONTROL, ...more })
  const options = { service: 'holdfast', ...server.credentials } as const
  const answer = await callRaw(server, `Holdfast_20261101.${operation}`, body, options)
  assert.equal(answer.status, 200, answer.text)
}

after(async () => {
  await browser?.close()
  await server?.[Symbol.asyncDispose]()
})

/** A policy: where it is edited, a text with a Sid, and the recorded calls that this text would refuse. */
type Edited = {
  readonly what: string
  readonly path: string
  /** The button that opens the editor, if the page does not show it. */
  readonly open?: string
  readonly editor: string
  readonly text: (Sid: string) => string
  readonly refused?: RegExp
}

const EDITED: readonly Edited[] = [
  {
    what: 'key policy',
    path: '/keys/KEY?tab=policy',
    editor: 'Key policy',
    text: (Sid) => policyText({ ...allow('kms:*'), Sid, Principal: ROOT }),
  },
  {
    what: 'inline policy',
    path: '/access/users/ada',
    open: 'Edit own',
    editor: 'Policy own',
    text: (Sid) => policyText({ ...allow('kms:Decrypt'), Sid }),
  },
  {
    what: 'managed policy',
    path: `/access/policy?arn=arn:aws:iam::${ACCOUNT}:policy/shared`,
    editor: 'Policy document',
    text: (Sid) => policyText({ ...allow('kms:Decrypt'), Sid }),
  },
  {
    what: 'trust policy',
    path: '/access/roles/worker',
    editor: 'Trust policy',
    text: (Sid) => trust({ AWS: `arn:aws:iam::${ACCOUNT}:role/worker` }, { Sid }),
    refused: /refused.*user\/grace.*sts:AssumeRole/,
  },
  {
    what: 'service control policy',
    path: '/access?tab=controls',
    open: 'Edit limits',
    editor: 'Policy limits',
    text: (Sid) => policyText({ ...allow('kms:CreateKey'), Effect: 'Deny', Sid }),
    refused: new RegExp(`refused.*${TEAM}:root.*kms:CreateKey`),
  },
]

async function edit(page: Page, edited: Edited, Sid: string): Promise<void> {
  await page.goto(`${server.endpoint}/console${edited.path.replace('KEY', keyId)}`)
  if (edited.open !== undefined) await page.getByRole('button', { name: edited.open }).click()
  await page.getByRole('textbox', { name: edited.editor }).focus()
  await page.keyboard.press('Control+A')
  await page.keyboard.insertText(edited.text(Sid))
}

test('of two people who edit one policy, the second sees the difference before it overwrites', {
  skip: NO_BROWSER,
}, async (t) => {
  const [mine, theirs] = [await openPage(browser), await openPage(browser)]
  for (const { page } of [mine, theirs]) await signInTo(server, page)
  for (const edited of EDITED) {
    await t.test(edited.what, async () => {
      await edit(mine.page, edited, 'Mine')
      await edit(theirs.page, edited, 'Theirs')
      await theirs.page.getByRole('button', { name: 'Review changes' }).click()
      if (edited.refused !== undefined) await theirs.page.getByRole('row', { name: edited.refused }).waitFor()
      await look(theirs.page, `two-people-review-${edited.what.replaceAll(' ', '-')}`)
      await theirs.page.getByRole('button', { name: 'Save changes' }).click()
      await theirs.page.getByText('The policy was saved').waitFor()
      await mine.page.getByRole('button', { name: 'Review changes' }).click()
      await mine.page.getByRole('button', { name: 'Save changes' }).click()
      await mine.page.getByRole('heading', { name: 'Somebody else has changed this policy' }).waitFor()
      await mine.page.getByRole('dialog').getByText('Theirs').first().waitFor()
      await look(mine.page, `two-people-${edited.what.replaceAll(' ', '-')}`)
      await mine.page.getByRole('button', { name: 'Overwrite it with my changes' }).click()
      await mine.page.getByText('The policy was saved').waitFor()
    })
  }
  for (const { page, assertClean } of [mine, theirs]) {
    assert.deepEqual(problemsOf(assertClean), [])
    await page.context().close()
  }
})
