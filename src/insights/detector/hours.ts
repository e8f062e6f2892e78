/** Seven days, and the hour around the same time a week ago. */
const CELLS = 192
const DAY_HOURS = 24
const BASELINE_HOURS = 168
const BASELINE_DAYS = 7

/** Calls of each hour of the last eight days: their number, and that of the largest minute. */
export type Hours = {
  /** The newest hour that has a cell: hours since 1970. */
  newest: number
  readonly sums: Uint32Array
  readonly peaks: Uint32Array
}

/** Hours without calls. */
export function noHours(hour: number): Hours {
  return { newest: hour, sums: new Uint32Array(CELLS), peaks: new Uint32Array(CELLS) }
}

/** Counts a minute; ignores one of an hour that is too old. */
export function addMinute(hours: Hours, hour: number, count: number): void {
  moveTo(hours, hour)
  if (hour <= hours.newest - CELLS) return
  const cell = cellOf(hour)
  hours.sums[cell] = at(hours.sums, cell) + count
  hours.peaks[cell] = Math.max(at(hours.peaks, cell), count)
}

/** Removes hours older than eight days before an hour. */
function moveTo(hours: Hours, hour: number): void {
  const from = Math.max(hours.newest + 1, hour - CELLS + 1)
  for (let next = from; next <= hour; next += 1) {
    hours.sums[cellOf(next)] = 0
    hours.peaks[cellOf(next)] = 0
  }
  hours.newest = Math.max(hours.newest, hour)
}

/** The largest minute of the previous seven days, and the largest within an hour of this time of day. */
export function peaksBefore(hours: Hours, hour: number): { readonly week: number; readonly hour: number } {
  moveTo(hours, hour)
  let week = 0
  for (let back = 0; back < BASELINE_HOURS; back += 1) {
    week = Math.max(week, at(hours.peaks, cellOf(hour - back)))
  }
  let around = Math.max(at(hours.peaks, cellOf(hour)), at(hours.peaks, cellOf(hour - 1)))
  for (let day = 1; day <= BASELINE_DAYS; day += 1) {
    for (let shift = -1; shift <= 1; shift += 1) {
      around = Math.max(around, at(hours.peaks, cellOf(hour - day * DAY_HOURS + shift)))
    }
  }
  return { week, hour: around }
}

/** The calls of the previous seven days. */
export function sumBefore(hours: Hours, hour: number): number {
  moveTo(hours, hour)
  let sum = 0
  for (let back = 0; back < BASELINE_HOURS; back += 1) sum += at(hours.sums, cellOf(hour - back))
  return sum
}

function cellOf(hour: number): number {
  return hour % CELLS
}

function at(cells: Uint32Array, cell: number): number {
  return cells[cell] ?? 0
}
