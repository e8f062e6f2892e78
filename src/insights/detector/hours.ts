/** Seven days, and the hour around the same time a week ago. */
const HOURS = 192
const DAY_HOURS = 24
const BASELINE_HOURS = 168
const BASELINE_DAYS = 7
/** What is counted of an hour: the number of calls, and that of the largest minute. */
const COLUMNS = 2
const [CALLS, PEAK] = [0, 1]

/**
 * Calls of each hour of the last eight days: their number, and that of the largest minute. Most series have calls in
 * few hours, so there are cells only from the first hour with calls.
 */
export type Hours = {
  /** The newest hour of which anything is known: hours since 1970. */
  newest: number
  /** The hour of the first cells. */
  first: number
  /** The columns of each hour, one hour after the other. */
  cells: Uint32Array
}

/** Hours without calls. */
export function noHours(hour: number): Hours {
  return { newest: hour, first: hour, cells: new Uint32Array(COLUMNS) }
}

/** Counts a minute; ignores one of an hour that is too old. */
export function addMinute(hours: Hours, hour: number, count: number): void {
  hours.newest = Math.max(hours.newest, hour)
  if (hour <= hours.newest - HOURS) return
  makeCells(hours, hour)
  const { cells } = hours
  const cell = cellOf(hours, hour)
  cells[cell + CALLS] = (cells[cell + CALLS] ?? 0) + count
  cells[cell + PEAK] = Math.max(cells[cell + PEAK] ?? 0, count)
}

/** Makes cells for an hour, and removes those of hours older than eight days. */
function makeCells(hours: Hours, hour: number): void {
  const { newest, first, cells } = hours
  if (hour >= first && cellOf(hours, hour) < cells.length) return
  const kept = newest - HOURS + 1
  const used = cells.findIndex((number, at) => number > 0 && first + Math.floor(at / COLUMNS) >= kept)
  const from = used < 0 ? hour : Math.min(first + Math.floor(used / COLUMNS), hour)
  let count = 1
  while (count < newest - from + 1) count *= 2
  const larger = new Uint32Array(COLUMNS * Math.min(count, HOURS))
  if (from >= first) larger.set(cells.subarray(cellOf(hours, from), cellOf(hours, from) + larger.length))
  else larger.set(cells.subarray(0, larger.length - COLUMNS * (first - from)), COLUMNS * (first - from))
  hours.first = from
  hours.cells = larger
}

/** The largest minute of the previous seven days, and the largest within an hour of this time of day. */
export function peaksBefore(hours: Hours, hour: number): { readonly week: number; readonly hour: number } {
  hours.newest = Math.max(hours.newest, hour)
  let week = 0
  for (let back = 0; back < BASELINE_HOURS; back += 1) {
    week = Math.max(week, numberOf(hours, hour - back, PEAK))
  }
  let around = Math.max(numberOf(hours, hour, PEAK), numberOf(hours, hour - 1, PEAK))
  for (let day = 1; day <= BASELINE_DAYS; day += 1) {
    for (let shift = -1; shift <= 1; shift += 1) {
      around = Math.max(around, numberOf(hours, hour - day * DAY_HOURS + shift, PEAK))
    }
  }
  return { week, hour: around }
}

/** The calls of the previous seven days. */
export function sumBefore(hours: Hours, hour: number): number {
  hours.newest = Math.max(hours.newest, hour)
  let sum = 0
  for (let back = 0; back < BASELINE_HOURS; back += 1) sum += numberOf(hours, hour - back, CALLS)
  return sum
}

function cellOf({ first }: Hours, hour: number): number {
  return COLUMNS * (hour - first)
}

function numberOf(hours: Hours, hour: number, column: number): number {
  if (hour < hours.first || hour <= hours.newest - HOURS) return 0
  return hours.cells[cellOf(hours, hour) + column] ?? 0
}
