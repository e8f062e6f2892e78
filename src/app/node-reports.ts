import type { IndexThread } from '../audit-index/thread/index-thread.ts'
import type { Log } from '../base/log.ts'
import { systemClock } from '../base/ports.ts'
import type { GiveWay } from '../base/slices.ts'
import type { Config } from '../config/settings.ts'
import type { Ed25519Key } from '../crypto/ed25519.ts'
import type { Records } from '../store/records.ts'
import type { ReportFiles, ReportMaker } from '../usage-api/report-files.ts'
import type { ServerStatus } from '../usage-api/server-status.ts'
import { custodyRisks, serverStatus } from './custody-risks.ts'
import { openReportFolder } from './report-folder.ts'
import { openReportMaker } from './report-maker.ts'

/** How long a report waits for the index to reach the end of the audit log. */
const REACH_MS = 60_000

/** The dependencies of the reports of a node. */
type NodeReportDependencies = {
  readonly records: Records
  readonly index: IndexThread
  readonly giveWay: GiveWay
  readonly signingKey: Ed25519Key
  readonly log: Log
}

/** The compliance reports of a node, which are closed before what they read from. */
export type NodeReports = {
  readonly files: ReportFiles
  readonly maker: ReportMaker
  readonly status: (now: number) => Promise<ServerStatus>
  readonly close: () => Promise<void>
}

/** Opens the compliance reports of a node. */
export function openNodeReports(
  config: Config,
  { records, index, giveWay, signingKey, log }: NodeReportDependencies,
): NodeReports {
  const maker = openReportMaker({
    ...{ data: config.data, signingKey, log },
    sources: {
      ...{ records, giveWay, clock: systemClock },
      scopes: async () => (await index.ask({ ask: 'scopes', reachMs: REACH_MS })).value,
      touches: async (key) => (await index.ask({ ask: 'touches', key, reachMs: 0 })).value,
      lookup: async (question) => (await index.ask({ ask: 'lookup', question, reachMs: 0 })).value,
      custody: async (now) => custodyRisks(config, records, now),
    },
  })
  return {
    files: openReportFolder(config.data, signingKey),
    maker,
    status: (now) => serverStatus(config, records, now),
    close: maker.close,
  }
}
