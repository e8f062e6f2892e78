import { constants, getPriority, setPriority } from 'node:os'

const LOWEST = constants.priority.PRIORITY_LOW

/**
 * How many steps a thread's priority is below that of threads that answer calls. Source: setpriority(2);
 * higher is later.
 *
 * One step is enough for the event loop to come first when it has work. With five, calls were answered so
 * soon that each was recorded by itself, and fewer signatures were made. Passwords may wait: a hash takes a core for a
 * quarter of a second, and comes after uses of keys.
 */
export const NICE = { keys: 1, passwords: 5, index: LOWEST } as const

/**
 * Lowers the priority of this thread by so many steps from that of the process: only the superuser may raise
 * it again. On Linux a thread has its own; elsewhere this would slow the whole process.
 *
 * A filter of system calls may refuse it: then the thread does its work all the same.
 */
export function yieldToOthers(steps: number): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(Math.min(getPriority() + steps, LOWEST))
  } catch {
    // The thread then has the same priority as the others.
  }
}
