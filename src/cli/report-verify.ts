import { basename, dirname } from 'node:path'
import { parseVerifierKey } from '../audit/proofs/note.ts'
import { ConfigError } from '../config/setting.ts'
import { type Command, EXIT_FAILURE } from './command.ts'
import { REPORT_FILE, verifyReport } from './report-files.ts'

/** `holdfast report verify FILE`: needs neither a data folder nor a server. */
export const reportVerify: Command = {
  name: 'report verify',
  about: 'checks with a verifier key alone that the files of a report are as they were signed',
  operands: ['FILE'],
  flags: { 'verifier-key': { about: 'the verifier key of the reports, as report prints it' } },
  run: async ({ operands: [path = ''], flags, output }) => {
    const key = parseVerifierKey(flags['verifier-key'] ?? '')
    if (key === undefined) throw new ConfigError('--verifier-key: a key as report prints it required')
    const name = basename(path)
    if (!REPORT_FILE.test(name)) throw new ConfigError(`'${path}' is not called as a file of a report is`)
    const verified = await verifyReport(
      dirname(path),
      name.slice('report-'.length, name.lastIndexOf('.')),
      key,
    )
    if (verified.wrong !== undefined) {
      output.complain(`NOT VERIFIED: ${verified.wrong}`)
      return EXIT_FAILURE
    }
    for (const file of verified.files) output.print(`as signed: ${file.name}`)
    return 0
  },
}
