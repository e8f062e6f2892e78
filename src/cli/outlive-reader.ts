/**
 * For the error events of an output: whoever read it may go away, and a server goes on without
 * them. Any other failure is one.
 */
export function outliveReader(error: Error): void {
  if (!('code' in error) || error.code !== 'EPIPE') throw error
}
