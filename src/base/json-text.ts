/**
 * Parses JSON of a file or a peer, whose content may be secret.
 *
 * @throws Error that says where the text stops being JSON, if the engine says so, and repeats nothing of the text.
 * The engine's own error quotes the text, so it is not the cause.
 */
export function parseJsonText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`not JSON${placeOf(error)}`)
  }
}

function placeOf(error: unknown): string {
  const message = error instanceof SyntaxError ? error.message : ''
  // A message that quotes the text ends in other words.
  const [, line, column] = / JSON at position \d+ \(line (\d+) column (\d+)\)$/.exec(message) ?? []
  return line === undefined ? '' : `: line ${line}, column ${column}`
}
