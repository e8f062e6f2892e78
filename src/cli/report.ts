import { join, resolve } from 'node:path'
import { custodyRisks } from '../app/custody-risks.ts'
import { makeReportsFolder } from '../app/deployment.ts'
import { claimReportsFolder, dayOf, gatherReport, type ReportSources } from '../app/report-facts.ts'
import { putNote, ReportWriter } from '../app/report-files.ts'
import { formatVerifierKey } from '../audit/proofs/note.ts'
import { systemClock } from '../base/ports.ts'
import { neverGiveWay } from '../base/slices.ts'
import { REPORTS_FOLDER } from '../compliance/report-names.ts'
import { reportVerifierKey } from '../compliance/signed-files.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { type OpenIndex, withIndex } from './index-service.ts'
import { REACH_MS, touchesFrom } from './reported-key.ts'
import { printNext, printResult } from './result.ts'

/** `holdfast report`: writes the dated, signed report on all keys and access keys. */
export function writeReport(input: CommandInput): Promise<number> {
  return withIndex(input, (open) => write(input, open))
}

async function write(input: CommandInput, open: OpenIndex): Promise<number> {
  const { config, flags, output } = input
  const folder = resolve(flags['folder'] ?? join(config.data, REPORTS_FOLDER))
  await makeReportsFolder(folder)
  // A server makes reports in the folder of its own alone.
  if (folder !== resolve(config.data, REPORTS_FOLDER)) return await writeInto(folder, input, open)
  const lock = claimReportsFolder(folder)
  if (lock === undefined) {
    output.complain(`holdfast: a report is being made in ${folder} now`)
    return EXIT_FAILURE
  }
  try {
    return await writeInto(folder, input, open)
  } finally {
    lock.release()
  }
}

async function writeInto(folder: string, input: CommandInput, open: OpenIndex): Promise<number> {
  const { flags, output } = input
  const unusedDays = Number(flags['unused-days'])
  const when = { day: dayOf(systemClock.now()), unusedDays }
  const key = reportVerifierKey(open.signingKey)
  const writer = await ReportWriter.open(folder, when, key)
  if ('wrong' in writer) {
    output.complain(`holdfast: cannot compare with the previous report: ${writer.wrong}`)
    return EXIT_FAILURE
  }
  const written = await gatherReport(sourcesOf(input, open), when, writer)
  const note = await putNote(folder, when.day, open.signingKey, written)
  const files = [...written.files.map(({ name }) => name), note].map((name) => join(folder, name))
  const { findings, changes } = written
  const verifierKey = formatVerifierKey(key)
  printResult(input, { files, findings, changes, verifierKey }, () => files)
  if (input.json) return 0
  output.complain(`findings: ${findings}, changes: ${changes}`)
  output.complain(`verifier key: ${verifierKey}`)
  printNext(input, `holdfast report verify ${files[0]} --verifier-key VERIFIER_KEY checks the report`)
  return 0
}

function sourcesOf(input: CommandInput, open: OpenIndex): ReportSources {
  const { records, service } = open
  return {
    ...{ records, clock: systemClock, giveWay: neverGiveWay, touches: touchesFrom(open, input) },
    scopes: async () => (await service.answer({ ask: 'scopes', reachMs: REACH_MS })).value,
    lookup: async (question) => (await service.answer({ ask: 'lookup', question, reachMs: 0 })).value,
    custody: async (now) => custodyRisks(input.config, records, now),
  }
}
