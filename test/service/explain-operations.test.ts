/** Every operation's calls can be decided again from their events, with the outcome and the reason that are recorded. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { IAMClient } from '@aws-sdk/client-iam'
import { openLog } from '../../src/cli/log.ts'
import { parseConfig } from '../../src/config/settings.ts'
import { asExplainer } from '../../src/explainer.ts'
import { type ExplainedCall, explainCall } from '../../src/explaining/explain-call.ts'
import { parseRecordedEvent } from '../../src/explaining/recorded-event.ts'
import { call, newKey, succeed } from '../support/calls.ts'
import { iamClient, newUser } from '../support/iam.ts'
import { SAMPLES } from '../support/samples.ts'
import { type Credentials, startServer, type TestServer } from '../support/server.ts'

/** What these name is gone once they have succeeded. */
const GONE_AFTERWARDS = new Set(['DeleteAlias', 'RetireGrant', 'RevokeGrant'])
/** Its credentials are checked first, and events do not show them. */
const CHECKED_FIRST = 'CreateCustomKeyStore'

let server: TestServer
let iam: IAMClient
let stranger: Credentials

before(async () => {
  server = await startServer()
  iam = iamClient(server)
  stranger = await newUser(iam, 'stranger')
})

after(async () => {
  iam.destroy()
  await server[Symbol.asyncDispose]()
})

type Made = { readonly name: string; readonly refused: string; readonly allowed: string | undefined }

/** Makes a call of an operation twice: as a user without permissions, and as the root user. */
async function make(name: string, at: number): Promise<Made> {
  const sample = SAMPLES[name]
  assert.ok(sample)
  const keyId = await newKey(server, sample.key)
  const made = await (sample.make?.((other, input) => succeed(server, other, input), keyId) ?? {})
  const alias = `alias/present-${at}`
  await succeed(server, 'CreateAlias', { AliasName: alias, TargetKeyId: keyId })
  const input = sample.input({ keyId, made, alias, freeAlias: `alias/free-${at}` })
  const refused = await call(server, name, input, { ...stranger })
  if (GONE_AFTERWARDS.has(name)) return { name, refused: refused.requestId, allowed: undefined }
  const allowed = await call(server, name, input)
  return { name, refused: refused.requestId, allowed: allowed.status === 200 ? allowed.requestId : undefined }
}

test('a call of every operation is decided again as it is recorded, refused or allowed', async () => {
  const calls: Made[] = []
  for (const [at, name] of Object.keys(SAMPLES).entries()) calls.push(await make(name, at))
  const config = parseConfig({ flags: { data: server.data }, environment: {} })
  await asExplainer(config, openLog(), async (explainer) => {
    const explained = async (requestId: string): Promise<ExplainedCall> => {
      const [line, ...more] = await explainer.events.find(requestId)
      assert.ok(line !== undefined && more.length === 0, requestId)
      return explainCall(explainer, parseRecordedEvent(line))
    }
    for (const { name, refused, allowed } of calls) {
      const { now, reason, result } = await explained(refused)
      assert.equal(result, 'refused', name)
      if (name === CHECKED_FIRST) {
        assert.match(
          'because' in now ? now.because : '',
          /without KeyStorePassword, .*which events do not show/,
        )
        continue
      }
      assert.ok(reason !== undefined && 'permissions' in now, `${name}: ${JSON.stringify(now)}`)
      assert.equal(now.allowed, false, name)
      assert.equal(now.differs, undefined, name)
      if (allowed === undefined) continue
      const again = await explained(allowed)
      assert.equal(again.result, 'allowed', name)
      assert.ok('permissions' in again.now, `${name}: ${JSON.stringify(again.now)}`)
      assert.equal(again.now.allowed, true, name)
      assert.equal(again.now.differs, undefined, name)
    }
    assert.equal(explainer.current(), true)
  })
})
