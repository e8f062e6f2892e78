import { join, resolve } from 'node:path'
import { makeReportsFolder } from '../app/deployment.ts'
import { formatVerifierKey } from '../audit/proofs/note.ts'
import { fromUtf8 } from '../base/bytes.ts'
import { systemClock } from '../base/ports.ts'
import { neverGiveWay } from '../base/slices.ts'
import type { ReportedKey } from '../compliance/facts.ts'
import { reportAccessKeys } from '../compliance/gather/access-keys.ts'
import { listKeyPlaces, reportKey } from '../compliance/gather/keys.ts'
import { reportPrincipals } from '../compliance/gather/principals.ts'
import {
  formatReport,
  goneKeys,
  makeReport,
  parseReport,
  type Report,
  type ReportFacts,
  UNUSED_DAYS,
} from '../compliance/report.ts'
import { formatReportHtml } from '../compliance/report-html.ts'
import { reportVerifierKey, signFiles } from '../compliance/signed-files.ts'
import { ConfigError } from '../config/setting.ts'
import { type Command, type CommandInput, EXIT_FAILURE } from './command.ts'
import { type OpenIndex, withIndex } from './index-service.ts'
import {
  dayBefore,
  putFile,
  REPORT_FILE_MAX_BYTES,
  readLimited,
  reportFileName,
  verifyReport,
} from './report-files.ts'
import { REACH_MS, touchesFrom } from './reported-key.ts'

/** Where reports go when nothing else is said, within the data folder. */
const REPORTS_FOLDER = 'reports'
/** Of the flag: ten years. */
const UNUSED_DAYS_MAX = 3650
const DAY_MS = 86_400_000

/** `holdfast report`: writes the dated, signed report on all keys and access keys. */
export const report: Command = {
  name: 'report',
  about: 'writes a dated, signed report on all keys and access keys: access, rotation, use, changes',
  flags: {
    folder: { about: 'where to; default reports in the data folder' },
    'unused-days': { about: `days without use that count as unused; default ${UNUSED_DAYS}` },
  },
  run: (input) => withIndex(input.config, (open) => writeReport(input, open)),
}

async function writeReport(input: CommandInput, open: OpenIndex): Promise<number> {
  const { config, flags, output } = input
  const unusedDays = parseDays(flags['unused-days'])
  const folder = resolve(flags['folder'] ?? join(config.data, REPORTS_FOLDER))
  await makeReportsFolder(folder)
  const day = new Date(systemClock.now()).toISOString().slice(0, 'yyyy-mm-dd'.length)
  const previous = await previousReport(folder, day, open)
  if (previous?.wrong !== undefined) {
    output.complain(`the report before cannot be compared with: ${previous.wrong}`)
    return EXIT_FAILURE
  }
  const made = makeReport(await gatherFacts(input, open, { day, unusedDays, previous }))
  const files = [
    { name: reportFileName(day, 'json'), content: formatReport(made) },
    { name: reportFileName(day, 'html'), content: formatReportHtml(made) },
  ]
  for (const { name, content } of files) await putFile(folder, name, content)
  // The note comes last: whoever sees it sees what it signs.
  await putFile(folder, reportFileName(day, 'note'), signFiles(open.signingKey, files))
  for (const { name } of files) output.print(join(folder, name))
  output.print(join(folder, reportFileName(day, 'note')))
  output.complain(`findings: ${made.findings.length}, changes: ${made.changes.length}`)
  output.complain(`verifier key: ${formatVerifierKey(reportVerifierKey(open.signingKey))}`)
  return 0
}

type Previous = ReportFacts['previous'] & { readonly wrong?: undefined }

/** The last report of the folder before this day, if it is as this deployment has signed it. */
async function previousReport(
  folder: string,
  day: string,
  { signingKey }: OpenIndex,
): Promise<Previous | { readonly wrong: string } | undefined> {
  const before = await dayBefore(folder, day)
  if (before === undefined) return undefined
  const verified = await verifyReport(folder, before, reportVerifierKey(signingKey))
  if (verified.wrong !== undefined) return verified
  const name = reportFileName(before, 'json')
  const text = fromUtf8(await readLimited(join(folder, name), REPORT_FILE_MAX_BYTES))
  const { sha256 = '' } = verified.files.find((file) => file.name === name) ?? {}
  return { report: parseReport(text), sha256 }
}

async function gatherFacts(
  input: CommandInput,
  open: OpenIndex,
  when: Pick<Report, 'day' | 'unusedDays'> & { readonly previous: ReportFacts['previous'] },
): Promise<ReportFacts> {
  const { records, service } = open
  const now = systemClock.now()
  const { value: scopes } = await service.answer({ ask: 'scopes', reachMs: REACH_MS })
  const touches = touchesFrom(open, input)
  const keys: ReportedKey[] = []
  for (const { account, region } of scopes) {
    for await (const place of listKeyPlaces(records, account, region, now)) {
      const key = await reportKey({ records, touches, giveWay: neverGiveWay, withGrants: true }, place, now)
      if (key !== undefined) keys.push(key)
    }
  }
  const goneTouches = new Map<string, ReportedKey['touches']>()
  const gone = when.previous === undefined ? [] : goneKeys(when.previous.report, keys)
  for (const arn of gone) goneTouches.set(arn, await touches(arn))
  return {
    ...when,
    keys,
    goneTouches,
    principals: await reportPrincipals(records, neverGiveWay),
    accessKeys: await reportAccessKeys({
      records,
      scopes,
      toSecond: Math.floor((Date.parse(when.day) + DAY_MS) / 1000),
      lookup: async (question) => (await service.answer({ ask: 'lookup', question, reachMs: 0 })).value,
    }),
  }
}

function parseDays(text: string | undefined): number {
  if (text === undefined) return UNUSED_DAYS
  const days = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : Number.NaN
  if (days <= UNUSED_DAYS_MAX) return days
  throw new ConfigError(`--unused-days: a whole number from 1 to ${UNUSED_DAYS_MAX} required`)
}
