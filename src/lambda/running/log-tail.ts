import { concatBytes, utf8 } from '../../base/bytes.ts'

/** Source: Lambda API Reference, "Invoke", LogType. */
const TAIL_BYTES = 4_096

/** The last bytes of what a function prints during one invocation. */
export class LogTail {
  #bytes: Uint8Array = new Uint8Array(0)

  /** Adds what was printed. */
  add(bytes: Uint8Array): void {
    const last = bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES))
    const all = concatBytes(this.#bytes, last)
    this.#bytes = all.slice(Math.max(0, all.length - TAIL_BYTES))
  }

  /** Adds a line. */
  line(text: string): void {
    this.add(utf8(`${text}\n`))
  }

  /** Returns the tail, and forgets it. */
  take(): Uint8Array {
    const bytes = this.#bytes
    this.#bytes = new Uint8Array(0)
    return bytes
  }
}
