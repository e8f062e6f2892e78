import { constants, setPriority } from 'node:os'

/**
 * How far a thread steps back behind those that answer calls. Source: setpriority(2); higher is later.
 *
 * One step is enough for the event loop to come first when it has something to do. With five, calls were answered so
 * soon that each was recorded by itself, and fewer signatures were made.
 */
export const NICE = { keys: 1, index: constants.priority.PRIORITY_LOW } as const

/** Lowers the priority of this thread. On Linux a thread has its own; elsewhere this would slow the whole process. */
export function yieldToOthers(nice: number): void {
  if (process.platform === 'linux') setPriority(nice)
}
