import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import type { Timers } from './ports.ts'

/** The size of the live heap above which it is a large one: the caches are nearly full. */
const LARGE_HEAP_BYTES = 67_108_864
/** How much a large heap may grow before V8 collects its garbage. V8's own choice depends on the host: up to 300%. */
const LARGE_HEAP_GROWTH_PERCENT = 25
const HEAP_CHECK_MS = 5_000

/**
 * Bounds the garbage of a large heap. A small heap grows as V8 chooses, since its garbage takes little memory and collecting
 * it often would cost processor time.
 *
 * @returns a function that stops the checks.
 */
export function boundLargeHeap(
  timers: Timers,
  usedBytes = usedHeapBytes,
  setFlag = setFlagsFromString,
): () => void {
  const check = (): void => {
    if (usedBytes() > LARGE_HEAP_BYTES) setFlag(`--heap-growing-percent=${LARGE_HEAP_GROWTH_PERCENT}`)
    else timer = timers.after(HEAP_CHECK_MS, check)
  }
  let timer = timers.after(HEAP_CHECK_MS, check)
  return () => timer.cancel()
}

function usedHeapBytes(): number {
  return getHeapStatistics().used_heap_size
}
