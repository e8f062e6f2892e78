import { readFile } from 'node:fs/promises'

/** The unit of `statm` on every machine that this runs on. */
const PAGE_BYTES = 4_096
/** Processes of one function that are looked at. */
const PROCESSES_MAX = 256

/**
 * The memory that a process and its descendants have for themselves: nothing where the system does not say. Source:
 * Linux, `proc(5)`: `statm`, `task/children`.
 */
export async function ownMemoryBytes(pid: number): Promise<number | undefined> {
  const waiting = [pid]
  let sum: number | undefined
  for (let seen = 0; seen < PROCESSES_MAX; seen += 1) {
    const next = waiting.pop()
    if (next === undefined) break
    const statm = await readProc(`/proc/${next}/statm`)
    if (statm === undefined) continue
    const [, resident = 0, shared = 0] = statm.split(' ').map(Number)
    sum = (sum ?? 0) + (resident - shared) * PAGE_BYTES
    const children = await readProc(`/proc/${next}/task/${next}/children`)
    for (const child of children?.split(' ') ?? []) if (child !== '') waiting.push(Number(child))
  }
  return sum
}

/** A process may end while it is looked at. */
async function readProc(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'latin1')).trim()
  } catch {
    return undefined
  }
}
