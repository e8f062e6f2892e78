import { join } from 'node:path'
import type { LookupPage, LookupQuestion } from '../audit-index/lookup.ts'
import type { Clock } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import type { ReportedKey } from '../compliance/facts.ts'
import { reportAccessKeys } from '../compliance/gather/access-keys.ts'
import { listKeyPlaces, reportKey } from '../compliance/gather/keys.ts'
import { reportPrincipals } from '../compliance/gather/principals.ts'
import { type CustodyRisk, type KeyPart, keyPart, type ReportDay } from '../compliance/report.ts'
import { claimFileLock, type FileLock } from '../store/file-lock.ts'
import type { Records } from '../store/records.ts'
import type { ReportRest, WrittenReport } from './report-files.ts'

/** Where a report finds its facts. */
export type ReportSources = {
  readonly records: Records
  readonly clock: Pick<Clock, 'now'>
  readonly giveWay: GiveWay
  /** Accounts and regions with events. */
  readonly scopes: () => Promise<readonly { readonly account: string; readonly region: string }[]>
  readonly touches: (keyArn: string) => Promise<ReportedKey['touches']>
  readonly lookup: (question: LookupQuestion) => Promise<LookupPage>
  readonly custody: (now: number) => Promise<readonly CustodyRisk[]>
}

/** What writes a report: see `ReportWriter`, which may be on another thread. */
export type ReportSink = {
  readonly add: (keys: readonly KeyPart[]) => Promise<void> | void
  readonly gone: () => Promise<readonly string[]> | readonly string[]
  readonly finish: (rest: ReportRest) => Promise<WrittenReport>
}

const DAY_MS = 86_400_000
/** Keys that a sink gets at once. */
const BATCH = 50

/** The day of a report that is made now: UTC. */
export function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 'yyyy-mm-dd'.length)
}

/** Locks the folder of reports of a data folder, in which one report is made at a time; nothing if another one is being made. */
export function claimReportsFolder(path: string): FileLock | undefined {
  return claimFileLock(join(path, 'run.lock'))
}

/** Gathers the facts of a report, and has it written. */
export async function gatherReport(
  sources: ReportSources,
  when: ReportDay,
  sink: ReportSink,
): Promise<WrittenReport> {
  const { records, touches, giveWay, lookup, custody } = sources
  const now = sources.clock.now()
  const scopes = await sources.scopes()
  const principals = await reportPrincipals(records, giveWay)
  let parts: KeyPart[] = []
  for (const { account, region } of scopes) {
    for await (const place of listKeyPlaces(records, account, region, now)) {
      const key = await reportKey({ records, touches, giveWay, withGrants: true }, place, now)
      if (key === undefined) continue
      parts.push(keyPart(key, principals, when))
      await giveWay()
      if (parts.length < BATCH) continue
      await sink.add(parts)
      parts = []
    }
  }
  await sink.add(parts)
  const goneTouches: (readonly [string, ReportedKey['touches']])[] = []
  for (const arn of await sink.gone()) goneTouches.push([arn, await touches(arn)])
  const toSecond = Math.floor((Date.parse(when.day) + DAY_MS) / 1000)
  const accessKeys = await reportAccessKeys({ records, scopes, toSecond, lookup })
  return sink.finish({ accessKeys, goneTouches, custody: await custody(now) })
}
