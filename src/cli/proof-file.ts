import { PROOF_MAX_BYTES } from '../audit/proofs/proof.ts'
import { fromUtf8 } from '../base/bytes.ts'
import { readRegularFile } from '../base/regular-file.ts'

/** The text of a proof or checkpoint file. @throws Error with the path when it is too long or cannot be read. */
export async function readProofFile(path: string): Promise<string> {
  try {
    return fromUtf8(await readRegularFile(path, { maxBytes: PROOF_MAX_BYTES }))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`cannot read ${path}: ${reason}`, { cause })
  }
}
