/** A report, as far as the page shows it. Source: docs/reference/formats/report.md, "JSON". */
export type ReportFile = {
  readonly format: number
  readonly day: string
  readonly unusedDays: number
  readonly previous: { readonly day: string } | null
  readonly findings: readonly Finding[]
  readonly changes: readonly {
    readonly what: string
    readonly resource: string
    readonly text: string
  }[]
  readonly keys: readonly object[]
  readonly accessKeys: readonly object[]
}

/** One finding of a report. */
type Finding = {
  readonly check: string
  readonly severity: 'high' | 'medium' | 'low'
  readonly resource: string
  readonly text: string
  readonly details: readonly string[]
}

/** The version of reports that the page reads. */
const FORMAT = 1

/** Returns a report whose signature is valid; nothing for another version. */
export function parseReport(content: Uint8Array): ReportFile | undefined {
  try {
    const report = JSON.parse(new TextDecoder().decode(content)) as ReportFile
    return report.format === FORMAT ? report : undefined
  } catch {
    return undefined
  }
}
