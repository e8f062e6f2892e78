import { readFileSync } from 'node:fs'

/** The memory of a process and its descendants, as Linux reports it. */
export type ProcessMemory = { readonly rssBytes: number; readonly peakBytes: number }

/** `USER_HZ`, 100 on every Linux that Node runs on. Source: proc_pid_stat(5). */
const TICKS_PER_SECOND = 100

/**
 * The CPU time that these processes used in user and kernel mode, in milliseconds.
 * `undefined` without procfs or without a process.
 */
export function findCpuMs(pids: readonly number[]): number | undefined {
  return sum(pids, (pid) => {
    const stat = readProc(pid, 'stat')
    if (stat === undefined) return undefined
    // The command name is in parentheses and may contain spaces, so fields count from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND
  })
}

/** The current and peak resident memory of these processes; `undefined` without procfs or without a process. */
export function findMemory(pids: readonly number[]): ProcessMemory | undefined {
  const rssBytes = sum(pids, (pid) => statusBytes(pid, 'VmRSS'))
  const peakBytes = sum(pids, (pid) => statusBytes(pid, 'VmHWM'))
  return rssBytes === undefined || peakBytes === undefined ? undefined : { rssBytes, peakBytes }
}

/** A process and all its descendants, such as a launcher and its children. */
export function processTree(pid: number): readonly number[] {
  const children = readProc(pid, `task/${pid}/children`)?.split(' ').filter(Boolean).map(Number) ?? []
  return [pid, ...children.flatMap((child) => processTree(child))]
}

function statusBytes(pid: number, field: string): number | undefined {
  const match = readProc(pid, 'status')?.match(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm'))
  return match === null || match === undefined ? undefined : Number(match[1]) * 1024
}

function readProc(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    // The system has no procfs or the process has ended. Both mean that there is no figure.
    return undefined
  }
}

function sum(pids: readonly number[], read: (pid: number) => number | undefined): number | undefined {
  const values = pids.map(read)
  if (values.length === 0) return undefined
  return values.reduce(
    (left, right) => (left === undefined || right === undefined ? undefined : left + right),
    0,
  )
}
