/** The fixed response of the floor to every request. */
export type CannedAnswer = {
  /** Header names and values, alternating. */
  readonly headers: readonly string[]
  readonly body: string
  readonly sendDate: boolean
}

/** Parses a canned response from the channel between two bench processes. */
export function parseCannedAnswer(message: unknown): CannedAnswer {
  if (typeof message !== 'object' || message === null || !('headers' in message) || !('body' in message)) {
    throw new Error('not an answer for the floor')
  }
  return message as CannedAnswer
}

/** Parses the floor's port from its message. */
export function parsePort(message: unknown): number {
  if (typeof message !== 'number') throw new Error('not a port')
  return message
}

/** Headers that `node:http` writes itself. */
const OWN_HEADERS = ['connection', 'keep-alive', 'date']

/** The canned response that makes the floor send the same bytes as a server's response. */
export function cannedAnswer(bytes: Buffer, bodyOffset: number): CannedAnswer {
  const lines = bytes
    .toString('latin1', 0, bodyOffset - 4)
    .split('\r\n')
    .slice(1)
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(':')),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  const named = (name: string) => headers.some(([header]) => header?.toLowerCase() === name)
  return {
    headers: headers.filter(([name]) => !OWN_HEADERS.includes(name?.toLowerCase() ?? '')).flat(),
    body: bytes.toString('utf8', bodyOffset),
    sendDate: named('date'),
  }
}
