/** The default folder of reports, within the data folder. */
export const REPORTS_FOLDER = 'reports'

const NOTE = /^report-(\d{4}-\d\d-\d\d)\.note$/

/** The name of a report file. @param day for example `2026-11-25`. */
export function reportFileName(day: string, kind: 'json' | 'html' | 'note'): string {
  return `report-${day}.${kind}`
}

/** The day of the report that a file is the note of; nothing for other files. */
export function reportDay(fileName: string): string | undefined {
  return NOTE.exec(fileName)?.[1]
}
