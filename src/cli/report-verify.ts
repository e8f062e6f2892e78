import { basename, dirname } from 'node:path'
import { REPORT_FILE, verifyReportNamed } from '../app/report-files.ts'
import { parseVerifierKey } from '../audit/proofs/note.ts'
import { ConfigError } from '../config/setting.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { printResult } from './result.ts'
import { VERIFIER_KEY, wrongValue } from './values.ts'

/** `holdfast report verify FILE`: needs neither a data folder nor a server. */
export async function verifyReportFile(input: CommandInput): Promise<number> {
  const { flags, json, output } = input
  const [path = ''] = input.operands
  const key = parseVerifierKey(flags['verifier-key'] ?? '')
  if (key === undefined) throw wrongValue('--verifier-key', VERIFIER_KEY, flags['verifier-key'])
  const name = basename(path)
  if (!REPORT_FILE.test(name))
    throw new ConfigError(`'${path}' is not a report file; expected report-YYYY-MM-DD.json`)
  const verified = await verifyReportNamed(dirname(path), name, key)
  if (verified.wrong !== undefined) {
    if (!json) output.complain(`NOT VERIFIED: ${verified.wrong}`)
    printResult(input, { verified: false, files: [], reason: verified.wrong }, () => [])
    return EXIT_FAILURE
  }
  const files = verified.files.map((file) => file.name)
  printResult(input, { verified: true, files }, () => files.map((file) => `verified: ${file}`))
  return 0
}
