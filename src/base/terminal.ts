import { closeSync, openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { Secret } from './secret.ts'

/** The terminal of the process, whatever its standard streams are. Source: POSIX, "The Controlling Terminal". */
const TERMINAL = '/dev/tty'

const INTERRUPT = 0x03
const END = 0x04
const BACKSPACE = 0x08
const DELETE = 0x7f
const ERASE_LINE = 0x15
const LINE_FEED = 0x0a
const RETURN = 0x0d
/** The bytes of a character after the first are `10xxxxxx` in UTF-8. */
const CONTINUATION_MASK = 0xc0
const CONTINUATION = 0x80

/** How a secret is asked for. */
type Asking = { readonly maxBytes: number; readonly signal: AbortSignal }

/**
 * Asks for a line at the terminal of the process, which does not show it. Returns its bytes; nothing when the process has
 * no terminal.
 *
 * @throws Error when the person ends the input, or at the abortion.
 */
export async function askTerminal(
  question: string,
  { maxBytes, signal }: Asking,
): Promise<Secret | undefined> {
  const fd = openTerminal()
  if (fd === undefined) return undefined
  const terminal = new ReadStream(fd)
  terminal.setRawMode(true)
  writeSync(fd, question)
  const line = new TypedLine(maxBytes)
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('nobody answered in time')), { once: true })
      terminal.on('error', reject)
      terminal.on('data', (bytes: Uint8Array) => {
        const ended = line.type(bytes)
        bytes.fill(0)
        if (ended === 'line') resolve(line.take())
        else if (ended === 'end') reject(new Error('the input was ended'))
      })
    })
  } finally {
    line.clear()
    terminal.setRawMode(false)
    writeSync(fd, '\n')
    terminal.destroy()
  }
}

/** Shows bytes at the terminal of the process, if it has one; returns whether it did. */
export function showAtTerminal(bytes: Uint8Array): boolean {
  const fd = openTerminal()
  if (fd === undefined) return false
  try {
    writeSync(fd, bytes)
    return true
  } finally {
    closeSync(fd)
  }
}

function openTerminal(): number | undefined {
  try {
    return openSync(TERMINAL, 'r+')
  } catch {
    return undefined
  }
}

/** A line that a person types and corrects. */
export class TypedLine {
  readonly #bytes: Uint8Array
  #length = 0

  constructor(maxBytes: number) {
    this.#bytes = new Uint8Array(maxBytes)
  }

  /** Takes typed bytes; returns how they end the line, or nothing. Bytes beyond the size end it. */
  type(bytes: Uint8Array): 'line' | 'end' | undefined {
    for (const byte of bytes) {
      if (byte === RETURN || byte === LINE_FEED) return 'line'
      if (byte === INTERRUPT || byte === END || this.#length === this.#bytes.length) return 'end'
      if (byte === BACKSPACE || byte === DELETE) this.#eraseCharacter()
      else if (byte === ERASE_LINE) this.clear()
      else {
        this.#bytes[this.#length] = byte
        this.#length += 1
      }
    }
    return undefined
  }

  /** The bytes of the line so far, in memory of their own. */
  take(): Secret {
    return new Secret(this.#bytes.slice(0, this.#length))
  }

  clear(): void {
    this.#bytes.fill(0)
    this.#length = 0
  }

  #eraseCharacter(): void {
    let isContinuation = this.#length > 0
    while (isContinuation) {
      this.#length -= 1
      const byte = this.#bytes[this.#length] ?? 0
      this.#bytes[this.#length] = 0
      isContinuation = this.#length > 0 && (byte & CONTINUATION_MASK) === CONTINUATION
    }
  }
}
