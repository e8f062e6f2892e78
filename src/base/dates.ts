import type { EpochMs } from './ports.ts'

/** `2026-11-25T04:03:40Z`. */
export function isoSeconds(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`
}
