import { constants, setPriority } from 'node:os'

/** How far a thread steps back behind those that answer calls. Source: setpriority(2); higher is later. */
export const NICE = { keys: 5, index: constants.priority.PRIORITY_LOW } as const

/** Lowers the priority of this thread. On Linux a thread has its own; elsewhere this would slow the whole process. */
export function yieldToOthers(nice: number): void {
  if (process.platform === 'linux') setPriority(nice)
}
