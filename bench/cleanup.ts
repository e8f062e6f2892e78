/** Releases one resource outside the process: a child process or a folder. It must be synchronous. */
export type Undo = () => void

const pending = new Set<Undo>()

/** Registers cleanup that runs if the process exits first. Returns a function that cancels the registration. */
export function undoAtExit(undo: Undo): () => void {
  pending.add(undo)
  return () => {
    pending.delete(undo)
  }
}

/** Makes the process run all registered cleanup when it exits or receives a signal. */
export function installCleanup(): void {
  process.on('exit', () => {
    for (const undo of [...pending].reverse()) undo()
  })
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
}
