import Container from '@cloudscape-design/components/container'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import { DataTable } from '../../shared/data-table.tsx'
import { REPORT_TEXTS as texts } from '../../texts/en/report.ts'
import { TEXTS } from '../../texts/en.ts'
import type { ReportFile } from './report-file.ts'

const SEVERITIES = { high: 'error', medium: 'warning', low: 'info' } as const

/** What a report says. */
export function ReportView({ report }: { readonly report: ReportFile }): ReactNode {
  return (
    <SpaceBetween size="l">
      <Container>
        <KeyValuePairs
          columns={4}
          items={[
            { label: texts.day, value: report.day },
            { label: texts.previous, value: report.previous?.day ?? TEXTS.common.none },
            { label: texts.keys, value: report.keys.length },
            { label: texts.accessKeys, value: report.accessKeys.length },
            { label: texts.unusedDays, value: report.unusedDays },
          ]}
        />
      </Container>
      <DataTable
        title={texts.findings}
        name={`findings-${report.day}`}
        items={report.findings}
        empty={texts.noFindings}
        trackBy={({ check, resource, text }) => `${check} ${resource} ${text}`}
        columns={[
          {
            id: 'severity',
            header: texts.severity,
            value: ({ severity }) => texts.severities[severity],
            cell: ({ severity }) => (
              <StatusIndicator type={SEVERITIES[severity]}>{texts.severities[severity]}</StatusIndicator>
            ),
          },
          { id: 'check', header: texts.check, value: ({ check }) => check },
          { id: 'resource', header: texts.resource, value: ({ resource }) => resource },
          { id: 'text', header: texts.text, value: ({ text }) => text },
          { id: 'details', header: texts.details, value: ({ details }) => details.join('; ') },
        ]}
      />
      <DataTable
        title={texts.changes}
        name={`changes-${report.day}`}
        items={report.changes}
        empty={texts.noChanges}
        trackBy={({ what, resource, text }) => `${what} ${resource} ${text}`}
        columns={[
          { id: 'what', header: texts.what, value: ({ what }) => what },
          { id: 'resource', header: texts.resource, value: ({ resource }) => resource },
          { id: 'text', header: texts.change, value: ({ text }) => text },
        ]}
      />
    </SpaceBetween>
  )
}
