/**
 * A process that calls the library of a token, so that the library cannot harm the server: its memory has no key
 * material of the server, and it may crash or hang. It answers one call after another, and ends with its parent.
 */

import { readFileSync, readSync, statSync, writeSync } from 'node:fs'
import { ownershipProblem } from '../base/regular-file.ts'
import { TokenFailure } from './failure.ts'
import { FrameReader } from './frames.ts'
import { encodeAnswer, parseCall, type TokenCall, type TokenResult } from './messages.ts'
import { Token } from './native/token.ts'

/** Longer than the longest PIN of any token. */
const PIN_MAX_BYTES = 255
const NEWLINE = 0x0a
/** The descriptor of the connection to the parent: a library may print to those below. */
const CHANNEL = 3
const CHUNK_BYTES = 65_536
const NOTHING: TokenResult = { bytes: [], texts: [] }

let token: Token | undefined

serve()

/** Calls of a library block, so this process waits for its parent in the same way. It ends when the parent ends. */
function serve(): void {
  const reader = new FrameReader()
  const chunk = Buffer.alloc(CHUNK_BYTES)
  for (;;) {
    const size = readSync(CHANNEL, chunk)
    if (size === 0) return
    for (const frame of reader.push(chunk.subarray(0, size))) {
      const { id, call } = parseCall(frame)
      write(encodeAnswer(id, outcomeOf(call)))
    }
    chunk.fill(0, 0, size)
  }
}

function write(bytes: Uint8Array): void {
  let at = 0
  while (at < bytes.length) at += writeSync(CHANNEL, bytes, at)
}

function outcomeOf(call: TokenCall): TokenResult | TokenFailure {
  try {
    return resultOf(call)
  } catch (error) {
    if (error instanceof TokenFailure) return error
    return new TokenFailure('Failed', error instanceof Error ? error.message : String(error))
  }
}

function resultOf(call: TokenCall): TokenResult {
  if (call.name === 'open') {
    const { place } = call
    token = new Token(place, () => readPin(place.pinFile))
    return NOTHING
  }
  if (token === undefined) throw new TokenFailure('Failed', 'the token is not open')
  switch (call.name) {
    case 'facts': {
      const { serial, model, manufacturer } = token.facts()
      return { bytes: [], texts: [serial, model, manufacturer] }
    }
    case 'login':
      token.login(call.password)
      return NOTHING
    case 'generate':
      token.generate(call.label, call.id)
      return NOTHING
    case 'encrypt': {
      const { iv, sealed } = token.encrypt(call.label, call)
      return { bytes: [iv, sealed], texts: [] }
    }
    case 'decrypt':
      return { bytes: [token.decrypt(call.label, call)], texts: [] }
    case 'destroy':
      token.destroy(call.label)
      return NOTHING
    case 'has':
      return { bytes: [], texts: token.has(call.label) ? ['yes'] : [] }
    case 'random':
      return { bytes: [token.random(call.sizeBytes)], texts: [] }
  }
}

function readPin(path: string): Uint8Array {
  try {
    const stats = statSync(path)
    if (!stats.isFile() || stats.size > PIN_MAX_BYTES + 1) throw new Error('expected a file with a PIN')
    const problem = ownershipProblem(stats)
    if (problem !== undefined) throw new Error(problem)
    const bytes = readFileSync(path)
    const pin = bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes
    if (pin.length === 0) throw new Error('it is empty')
    return pin
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TokenFailure('PinUnreadable', `the file ${path} with the PIN cannot be used: ${why}`, { cause })
  }
}
