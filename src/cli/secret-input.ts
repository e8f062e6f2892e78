import { ConfigError } from '../config/setting.ts'

const ENTER = new Set(['\r', '\n', '\u0004'])
const INTERRUPT = '\u0003'
const BACKSPACE = new Set(['\u007f', '\b'])

/**
 * Reads a secret from standard input: from a terminal, one line that is not shown; else everything, without a line end
 * at the end.
 *
 * @throws ConfigError when it is longer than `maxBytes`, or was interrupted.
 */
export async function readSecret(
  name: string,
  maxBytes: number,
  prompt: (text: string) => void,
): Promise<string> {
  const { stdin } = process
  if (stdin.isTTY !== true) return withoutLineEnd(await readAll(name, maxBytes))
  prompt(`${name}: type the value, which is not shown, and press Enter`)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  try {
    return await readHidden(name, maxBytes)
  } finally {
    stdin.setRawMode(false)
  }
}

async function readHidden(name: string, maxBytes: number): Promise<string> {
  let text = ''
  for await (const character of charactersOf(process.stdin)) {
    if (ENTER.has(character)) break
    if (character === INTERRUPT) throw new ConfigError(`${name}: interrupted`)
    text = BACKSPACE.has(character) ? text.slice(0, -1) : text + character
    if (Buffer.byteLength(text) > maxBytes) throw tooLong(name, maxBytes)
  }
  return text
}

async function* charactersOf(chunks: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const chunk of chunks) yield* String(chunk)
}

async function readAll(name: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maxBytes + 2) throw tooLong(name, maxBytes)
    chunks.push(bytes)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new ConfigError(`${name}: expected text in UTF-8`, { cause })
  }
}

function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}

function tooLong(name: string, maxBytes: number): ConfigError {
  return new ConfigError(`${name}: expected at most ${maxBytes} bytes`)
}
