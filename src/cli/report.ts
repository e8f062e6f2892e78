import { join, resolve } from 'node:path'
import { makeReportsFolder } from '../app/deployment.ts'
import { askAtTerminal } from '../app/root-key.ts'
import { listPaths } from '../app/seal.ts'
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
} from '../compliance/report.ts'
import { formatReportHtml } from '../compliance/report-html.ts'
import { REPORTS_FOLDER, reportFileName } from '../compliance/report-names.ts'
import { reportVerifierKey, signFiles } from '../compliance/signed-files.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { type OpenIndex, withIndex } from './index-service.ts'
import { dayBefore, putFile, REPORT_FILE_MAX_BYTES, readLimited, verifyReport } from './report-files.ts'
import { REACH_MS, touchesFrom } from './reported-key.ts'
import { printNext, printResult } from './result.ts'
import { sealRisks } from './seal-risks.ts'

const DAY_MS = 86_400_000

/** `holdfast report`: writes the dated, signed report on all keys and access keys. */
export function writeReport(input: CommandInput): Promise<number> {
  return withIndex(input, (open) => write(input, open))
}

async function write(input: CommandInput, open: OpenIndex): Promise<number> {
  const { config, flags, output } = input
  const unusedDays = Number(flags['unused-days'])
  const folder = resolve(flags['folder'] ?? join(config.data, REPORTS_FOLDER))
  await makeReportsFolder(folder)
  const day = new Date(systemClock.now()).toISOString().slice(0, 'yyyy-mm-dd'.length)
  const previous = await previousReport(folder, day, open)
  if (previous?.wrong !== undefined) {
    output.complain(`holdfast: cannot compare with the previous report: ${previous.wrong}`)
    return EXIT_FAILURE
  }
  const made = makeReport(await gatherFacts(input, open, { day, unusedDays, previous }))
  const signed = [
    { name: reportFileName(day, 'json'), content: formatReport(made) },
    { name: reportFileName(day, 'html'), content: formatReportHtml(made) },
  ]
  for (const { name, content } of signed) await putFile(folder, name, content)
  // The note comes last: when it exists, so do the files that it signs.
  const note = reportFileName(day, 'note')
  await putFile(folder, note, signFiles(open.signingKey, signed))
  const files = [...signed.map(({ name }) => name), note].map((name) => join(folder, name))
  const [findings, changes] = [made.findings.length, made.changes.length]
  const verifierKey = formatVerifierKey(reportVerifierKey(open.signingKey))
  printResult(input, { files, findings, changes, verifierKey }, () => files)
  if (input.json) return 0
  output.complain(`findings: ${findings}, changes: ${changes}`)
  output.complain(`verifier key: ${verifierKey}`)
  printNext(input, `holdfast report verify ${files[0]} --verifier-key VERIFIER_KEY checks the report`)
  return 0
}

type Previous = ReportFacts['previous'] & { readonly wrong?: undefined }

/** The last report of the folder before this day, if this deployment's signature is valid. */
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
    custody: sealRisks(await listPaths(input.config, askAtTerminal), now),
    principals: await reportPrincipals(records, neverGiveWay),
    accessKeys: await reportAccessKeys({
      records,
      scopes,
      toSecond: Math.floor((Date.parse(when.day) + DAY_MS) / 1000),
      lookup: async (question) => (await service.answer({ ask: 'lookup', question, reachMs: 0 })).value,
    }),
  }
}
