import { parseVerifierKey } from '../audit/proofs/note.ts'
import { checkProof } from '../audit/proofs/proof.ts'
import { parseJsonText } from '../base/json-text.ts'
import { type CommandInput, EXIT_FAILURE } from './command.ts'
import { readProofFile } from './proof-file.ts'
import { printResult } from './result.ts'
import { VERIFIER_KEY, wrongValue } from './values.ts'

/** `holdfast audit check-proof`: needs neither a data folder nor a server. */
export async function checkProofFile(input: CommandInput): Promise<number> {
  const { flags, json, output } = input
  const [file = ''] = input.operands
  const key = parseVerifierKey(flags['verifier-key'] ?? '')
  if (key === undefined) throw wrongValue('--verifier-key', VERIFIER_KEY, flags['verifier-key'])
  const checked = checkProof(await readProofFile(file), key)
  switch (checked.type) {
    case 'event': {
      const { event, index, checkpoint } = checked
      const { origin, size } = checkpoint
      printResult(input, { proven: true, event: parseJsonText(event), index, size, origin }, () => [event])
      if (!json) output.complain(`proven: event ${index + 1} of the ${size} that ${origin} signed`)
      return 0
    }
    case 'consistent': {
      const { older, newer } = checked
      printResult(input, { proven: true, olderSize: older.size, size: newer.size }, () => [
        `proven: the first ${older.size} of ${newer.size} events are unchanged`,
      ])
      return 0
    }
    case 'wrong':
      if (!json) output.complain(`NOT PROVEN: ${checked.why}`)
      printResult(input, { proven: false, reason: checked.why }, () => [])
      return EXIT_FAILURE
  }
}
