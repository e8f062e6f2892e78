/** Rows as text for terminals and spreadsheets. The first row is the head; all rows are of one length. */

import { markUnprintable } from './printable.ts'

/** Lines of columns that stand under each other; numbers stand to the right. */
export function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const shown = rows.map((row) => row.map(markUnprintable))
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

/** A cell that a spreadsheet would compute is quoted with an apostrophe. */
function csvCell(cell: string): string {
  return csvField(/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell)
}

/** A field of a line of CSV. Source: RFC 4180. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
