import { constants, getPriority, setPriority } from 'node:os'

const LOWEST = constants.priority.PRIORITY_LOW

/**
 * How far a thread steps back behind those that answer calls. Source: setpriority(2); higher is later.
 *
 * One step is enough for the event loop to come first when it has something to do. With five, calls were answered so
 * soon that each was recorded by itself, and fewer signatures were made.
 */
export const NICE = { keys: 1, index: LOWEST } as const

/**
 * Lowers the priority of this thread by so many steps from that which the process was started with: a higher one is
 * refused to all but the superuser. On Linux a thread has its own; elsewhere this would slow the whole process.
 *
 * Behind a filter of system calls it may be refused altogether: what the thread is for is done all the same.
 */
export function yieldToOthers(steps: number): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(Math.min(getPriority() + steps, LOWEST))
  } catch {
    // It competes with the others as an equal.
  }
}
