import Alert from '@cloudscape-design/components/alert'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiError, call, type OutputOf } from '../../api/client.ts'
import { parseBase64 } from '../../shared/bytes.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { PermitButton, useForbidden } from '../../shared/may.tsx'
import { PlainText } from '../../shared/plain-text.tsx'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { REPORT_TEXTS as texts } from '../../texts/en/report.ts'
import { fill } from '../../texts/en.ts'

/** The files of a report, and the key that the server says it has signed them with. */
type Opened = { readonly report: File; readonly note: File; readonly key: string }

/** Bytes of a report that the page opens at most. */
const REPORT_MAX_BYTES = 64 * 1024 * 1024

const QUERY = ['reports']
/** How often the page asks how far the report is. */
const ASK_AGAIN_MS = 1000
const START = { action: 'holdfast:StartReport', resource: 'arn:aws:holdfast:::report/*' }
const LIST = { action: 'holdfast:ListReports', resource: 'arn:aws:holdfast:::report/*' }

/** The reports in the data folder of the server, for those who see every account. */
export function StoredReports({ onOpen }: { readonly onOpen: (opened: Opened) => void }): ReactNode {
  const isForbidden = useForbidden([LIST]).size > 0
  const queries = useQueryClient()
  const { data, error } = useQuery({
    queryKey: QUERY,
    queryFn: () => call('ListReports', {}),
    enabled: !isForbidden,
    retry: false,
    refetchInterval: ({ state }) => (state.data?.Run?.Status === 'RUNNING' ? ASK_AGAIN_MS : false),
  })
  const make = useMutation({
    mutationFn: () => call('StartReport', {}),
    onSuccess: () => queries.invalidateQueries({ queryKey: QUERY }),
  })
  const isMaking = data?.Run?.Status === 'RUNNING'
  const read = useMutation({ mutationFn: readReport, onSuccess: onOpen, gcTime: 0 })
  // Only those who see every account may read reports, whatever their policies say.
  const isRefused = error instanceof ApiError && error.code === 'AccessDeniedException'
  if (isForbidden || isRefused) return null
  return (
    <div>
      <DataTable
        title={texts.stored}
        description={texts.storedAbout}
        name="reports"
        items={data === undefined ? undefined : (data.Days ?? [])}
        error={error ?? read.error ?? make.error}
        actions={[
          <PermitButton
            key="make"
            permit={START}
            loading={make.isPending || isMaking}
            onClick={() => make.mutate()}
          >
            {texts.make}
          </PermitButton>,
        ]}
        empty={texts.noStored}
        trackBy={(day) => day}
        pageSize={PAGE_SIZE}
        columns={[{ id: 'day', header: texts.day, value: (day) => day }]}
        more={[
          {
            id: 'open',
            header: texts.open,
            cell: (day) => (
              <PermitButton
                variant="inline-link"
                ariaLabel={fill(texts.openDay, { day })}
                loading={read.isPending && read.variables === day}
                permit={{ action: 'holdfast:GetReport', resource: `arn:aws:holdfast:::report/${day}` }}
                onClick={() => read.mutate(day)}
              >
                {texts.open}
              </PermitButton>
            ),
          },
        ]}
      />
      <div aria-live="polite">
        <LastRun run={data?.Run} />
      </div>
      <ShowCommands
        calls={[
          { name: 'StartReport', input: {} },
          { name: 'ListReports', input: {} },
        ]}
      />
    </div>
  )
}

type Run = OutputOf<'ListReports'>['Run']

/** What has become of the last report that somebody has asked for. */
function LastRun({ run }: { readonly run: Run | undefined }): ReactNode {
  if (run === undefined) return null
  const { Status, Day: day = '', Keys = 0, Findings = 0, Changes = 0, Message = '' } = run
  if (Status === 'RUNNING') {
    return (
      <StatusIndicator type="in-progress">{fill(texts.making, { day, keys: String(Keys) })}</StatusIndicator>
    )
  }
  if (Status === 'FAILED') {
    return (
      <Alert type="error" header={fill(texts.notMade, { day })}>
        <PlainText text={Message} />
      </Alert>
    )
  }
  const counts = { day, findings: String(Findings), changes: String(Changes) }
  return <StatusIndicator type="success">{fill(texts.made, counts)}</StatusIndicator>
}

/** Reports of a page of the list. */
const PAGE_SIZE = 10

/** Reads a report piece by piece. @throws ApiError; Error for one that is too large for a page. */
async function readReport(Day: string): Promise<Opened> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  let sizeBytes = 0
  let next: string | undefined
  for (;;) {
    const answer = await call('GetReport', next === undefined ? { Day } : { Day, NextToken: next })
    const { Content = '', Note = '', FileName = '', VerifierKey: key = '' } = answer
    const piece = parseBase64(Content)
    pieces.push(piece)
    sizeBytes += piece.length
    if (sizeBytes > REPORT_MAX_BYTES) throw new Error(texts.tooLarge)
    next = answer.NextToken
    if (next !== undefined) continue
    return {
      report: new File(pieces, FileName),
      note: new File([Note], FileName.replace(/json$/, 'note')),
      key,
    }
  }
}
