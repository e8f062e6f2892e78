import { open } from 'node:fs/promises'
import { PROOF_MAX_BYTES } from '../audit/proof.ts'
import { fromUtf8 } from '../base/bytes.ts'

/** A proof or checkpoint in a file. @throws Error when it is too long or cannot be read. */
export async function readProofFile(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const buffer = new Uint8Array(PROOF_MAX_BYTES + 1)
    let filled = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, filled)
      filled += bytesRead
      if (filled > PROOF_MAX_BYTES) throw new Error(`${path} is longer than ${PROOF_MAX_BYTES} bytes`)
      if (bytesRead === 0) return fromUtf8(buffer.subarray(0, filled))
    }
  } finally {
    await file.close()
  }
}
