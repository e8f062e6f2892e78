import { useMutation, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiError, call } from '../../api/client.ts'
import { parseBase64 } from '../../shared/bytes.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { PermitButton, useForbidden } from '../../shared/may.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { REPORT_TEXTS as texts } from '../../texts/en/report.ts'
import { fill } from '../../texts/en.ts'

/** The files of a report, and the key that the server says it has signed them with. */
type Opened = { readonly report: File; readonly note: File; readonly key: string }

/** Bytes of a report that the page opens at most. */
const REPORT_MAX_BYTES = 64 * 1024 * 1024

const LIST = { action: 'holdfast:ListReports', resource: 'arn:aws:holdfast:::report/*' }

/** The reports in the data folder of the server, for those who see every account. */
export function StoredReports({ onOpen }: { readonly onOpen: (opened: Opened) => void }): ReactNode {
  const isForbidden = useForbidden([LIST]).size > 0
  const { data, error } = useQuery({
    queryKey: ['reports'],
    queryFn: async () => (await call('ListReports', {})).Days ?? [],
    enabled: !isForbidden,
    retry: false,
  })
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
        items={data}
        error={error ?? read.error}
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
      <ShowCli name="ListReports" input={{}} />
    </div>
  )
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
