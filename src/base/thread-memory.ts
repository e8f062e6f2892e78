import { setFlagsFromString } from 'node:v8'

/**
 * Lets threads have young generations of their own size: the flag by which the process was started goes before a
 * thread's `resourceLimits` otherwise, and each thread grows to the size that the server itself needs. To be called
 * before any thread is started; the heap of this thread stays as it is.
 */
export function separateThreadMemory(): void {
  setFlagsFromString('--max-semi-space-size=0')
}
