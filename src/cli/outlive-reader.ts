/**
 * Handles `error` events of an output stream. It ignores that the reader closed the stream, and throws any other
 * error.
 */
export function outliveReader(error: Error): void {
  if (!('code' in error) || error.code !== 'EPIPE') throw error
}
