/** Undoes what the run has set up outside itself: a child process, a folder. It must not wait for anything. */
export type Undo = () => void

const pending = new Set<Undo>()

/** Remembers what to undo should the process end before the caller has done so; returns how to forget it. */
export function undoAtExit(undo: Undo): () => void {
  pending.add(undo)
  return () => {
    pending.delete(undo)
  }
}

/** Makes the process undo everything that is pending when it ends, by itself or by a signal. */
export function installCleanup(): void {
  process.on('exit', () => {
    for (const undo of [...pending].reverse()) undo()
  })
  process.on('SIGINT', () => process.exit(130))
  process.on('SIGTERM', () => process.exit(143))
}
