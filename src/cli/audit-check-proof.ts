import { parseVerifierKey } from '../audit/proofs/note.ts'
import { checkProof } from '../audit/proofs/proof.ts'
import { ConfigError } from '../config/setting.ts'
import { type Command, EXIT_FAILURE } from './command.ts'
import { readProofFile } from './proof-file.ts'

/** `holdfast audit check-proof`: needs neither a data folder nor a server. */
export const auditCheckProof: Command = {
  name: 'audit check-proof',
  about: 'checks a proof with a verifier key alone, and prints the event that it shows',
  operands: ['FILE'],
  flags: { 'verifier-key': { about: 'the verifier key of the log, as audit checkpoint prints it' } },
  run: async ({ operands: [file = ''], flags, output }) => {
    const key = parseVerifierKey(flags['verifier-key'] ?? '')
    if (key === undefined)
      throw new ConfigError('--verifier-key: a key as audit checkpoint prints it required')
    const checked = checkProof(await readProofFile(file), key)
    switch (checked.type) {
      case 'event': {
        const { event, index, checkpoint } = checked
        output.print(event)
        output.complain(
          `proven: event ${index + 1} of the ${checkpoint.size} that ${checkpoint.origin} has signed`,
        )
        return 0
      }
      case 'consistent': {
        const { older, newer } = checked
        output.print(`proven: the first ${older.size} of ${newer.size} events are as they were`)
        return 0
      }
      case 'wrong':
        output.complain(`NOT PROVEN: ${checked.why}`)
        return EXIT_FAILURE
    }
  },
}
