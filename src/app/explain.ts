import { join } from 'node:path'
import { keyArn } from '../api/arn.ts'
import { IndexService } from '../audit-index/index-service.ts'
import type { Log } from '../base/log.ts'
import { systemClock, systemRandom, systemSleep, systemTimers } from '../base/ports.ts'
import { neverGiveWay } from '../base/slices.ts'
import type { Config } from '../config/settings.ts'
import { Custody } from '../custody/custody.ts'
import type { EventSource } from '../explain/explain-dependencies.ts'
import type { RebuildDependencies } from '../explain/rebuild.ts'
import { SessionOrigins } from '../explain/session-origin.ts'
import { wrappedKeys } from '../kms/keys/wrapped-keys.ts'
import type { KmsDependencies } from '../kms/kms-dependencies.ts'
import { openXksClient } from '../xks/client/client.ts'
import { AUDIT_FOLDER, INDEX_FOLDER, openDeployment } from './deployment.ts'
import { openExplaining } from './explaining.ts'

/** A data folder that is open to explain decisions. */
export type Explainer = RebuildDependencies & {
  /** Whether the index had reached the end of the audit log for every query. */
  readonly current: () => boolean
}

/** How long an answer waits for the index to reach the end of the log. */
const REACH_MS = 60_000

/**
 * Opens a data folder to explain decisions, with or without a running server. It uses the server's operations and
 * runs none of them, so nothing changes.
 *
 * @throws with a message for the operator.
 */
export async function asExplainer<T>(
  config: Config,
  log: Log,
  use: (explainer: Explainer) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack()
  const deployment = await openDeployment(config)
  const { records, auditKey: key, auditPlace } = deployment
  stack.defer(() => records.close())
  const index = new IndexService({
    folder: join(config.data, INDEX_FOLDER),
    auditFolder: join(config.data, AUDIT_FOLDER),
    key,
    files: auditPlace.segments,
    clock: systemClock,
    sleep: systemSleep,
    log,
  })
  stack.defer(() => index.close())
  const custody = new Custody({
    wrappingKey: deployment.wrappingKey,
    wrappedKeys: wrappedKeys(records),
    random: systemRandom,
  })
  stack.defer(() => custody[Symbol.dispose]())
  const { routes, timeoutMs } = config.xks
  const xks = openXksClient({ ca: undefined, routes, timeoutMs, clock: systemClock, timers: systemTimers })
  stack.defer(() => xks[Symbol.dispose]())
  const state = { current: true }
  const events = eventSource(index, state)
  const { grantTokens, tokenSealer: sealer } = deployment
  const lastUsage: KmsDependencies['lastUsage'] = async (account, region, keyId) => {
    const key = keyArn(region, account, keyId)
    const { value, current } = await index.answer({ ask: 'lastUse', key, reachMs: REACH_MS })
    return { last: value, current }
  }
  const { account: home } = config
  const needs = { home, records, custody, xks, grantTokens, sealer, lastUsage, events, giveWay: neverGiveWay }
  return await use({
    ...openExplaining(needs),
    origins: new SessionOrigins(events, neverGiveWay),
    current: () => state.current,
  })
}

/** The first query waits for the index; later ones use the same state, so that all see the same events. */
function eventSource(index: IndexService, state: { current: boolean }): EventSource {
  let reached: Promise<unknown> | undefined
  const reach = async (): Promise<void> => {
    reached ??= index.answer({ ask: 'status', reachMs: REACH_MS }).then(({ current }) => {
      state.current = current
    })
    await reached
  }
  return {
    find: async (id) => {
      await reach()
      return (await index.answer({ ask: 'find', id, reachMs: 0 })).value
    },
    lookup: async (question) => {
      await reach()
      return (await index.answer({ ask: 'lookup', question, reachMs: 0 })).value
    },
    scopes: async () => {
      await reach()
      return (await index.answer({ ask: 'scopes', reachMs: 0 })).value
    },
  }
}
