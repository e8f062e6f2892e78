/** Rows as text for terminals and spreadsheets. The first row is the head; all rows are of one length. */

import { csvField } from '../base/csv.ts'

/** Lines of columns that stand under each other; numbers stand to the right. */
export function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const shown = rows.map((row) => row.map(printable))
  const widths = (shown[0] ?? []).map((_, at) => Math.max(...shown.map((row) => row[at]?.length ?? 0)))
  const isNumber = (at: number): boolean => shown.slice(1).every((row) => /^[\d.]+$/.test(row[at] ?? ''))
  return shown.map((row) =>
    row
      .map((cell, at) => (isNumber(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** Lines of CSV. Source: RFC 4180. */
export function formatCsv(rows: readonly (readonly string[])[]): readonly string[] {
  return rows.map((row) => row.map(csvCell).join(','))
}

/**
 * A text that does nothing to where it is shown: control characters, which move a terminal's cursor, and those that
 * turn the direction of writing are replaced by a mark.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\ufffd')
}

/** A cell that a spreadsheet would compute is quoted with an apostrophe. */
function csvCell(cell: string): string {
  return csvField(/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell)
}
