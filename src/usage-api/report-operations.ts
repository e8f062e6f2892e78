import { PARTITION } from '../api/arn.ts'
import { KmsError } from '../api/errors.ts'
import { answer, blob, instant, integer, list, oneOf, optional, pattern, text } from '../api/shapes.ts'
import { reportFileName } from '../compliance/report-names.ts'
import type { ReportRun } from './report-files.ts'
import { type Invocation, usageOperation } from './usage-operation.ts'
import { invalidToken } from './usage-token.ts'

const DAYS_MAX = 1000
/** Bytes of a file in one answer. */
const PIECE_BYTES = 131_072

/** Days without use after which something counts as unused. */
const UNUSED_DAYS_BY_DEFAULT = 90
const UNUSED_DAYS_MAX = 3650

const RUN = answer({
  Status: oneOf('RUNNING', 'SUCCEEDED', 'FAILED'),
  Day: text(),
  StartedDate: instant(),
  Keys: integer(),
  Findings: integer(),
  Changes: integer(),
  Message: text(),
})

function runAnswer(run: ReportRun | undefined) {
  return (
    run && {
      ...{ Status: run.status, Day: run.day, StartedDate: run.startedAt / 1000, Keys: run.keys },
      ...{ Findings: run.findings, Changes: run.changes, Message: run.message },
    }
  )
}

const DAY = text({ pattern: pattern('\\d{4}-\\d{2}-\\d{2}') })
const LIST_INPUT = { MaxResults: optional(integer({ min: 1, max: DAYS_MAX })), NextToken: optional(DAY) }

/** The days that have a compliance report, latest first, and the state of the last one that StartReport has begun. */
export const listReports = usageOperation(
  {
    ...{ name: 'ListReports', input: LIST_INPUT, rate: 'light', operatorsOnly: true },
    output: { Days: list(text()), VerifierKey: text(), Run: RUN, NextToken: text() },
    find: () => ({ resource: reportArn('*'), subject: null }),
  },
  async ({ input, dependencies: { reports, reportMaker } }: Invocation<typeof LIST_INPUT, null>) => {
    const { MaxResults: limit = DAYS_MAX, NextToken: before } = input
    const days = (await reports.days()).toReversed().filter((day) => before === undefined || day < before)
    const Days = days.slice(0, limit)
    const NextToken = days.length > limit ? Days.at(-1) : undefined
    const Run = runAnswer(await reportMaker.state())
    return { output: { Days, VerifierKey: reports.verifierKey, Run, NextToken } }
  },
)

const START_INPUT = { UnusedDays: optional(integer({ min: 1, max: UNUSED_DAYS_MAX })) }

/** Begins to make today's compliance report in the data folder. Whoever asks while one is being made gets its state. */
export const startReport = usageOperation(
  {
    ...{ name: 'StartReport', input: START_INPUT, rate: 'light', operatorsOnly: true, changes: true },
    output: { Run: RUN },
    find: () => ({ resource: reportArn('*'), subject: null }),
  },
  async ({ input, dependencies: { reportMaker } }: Invocation<typeof START_INPUT, null>) => {
    const run = await reportMaker.start(input.UnusedDays ?? UNUSED_DAYS_BY_DEFAULT)
    return { output: { Run: runAnswer(run) } }
  },
)

const GET_INPUT = {
  Day: DAY,
  FileType: optional(oneOf('JSON', 'HTML')),
  NextToken: optional(text({ pattern: pattern('[1-9]\\d{0,14}') })),
}

/** A file of a day's compliance report, a piece at a time, and the note that signs it. */
export const getReport = usageOperation(
  {
    ...{ name: 'GetReport', input: GET_INPUT, rate: 'light', operatorsOnly: true },
    output: {
      FileName: text(),
      SizeBytes: integer(),
      Content: blob(),
      Note: text(),
      VerifierKey: text(),
      NextToken: text(),
    },
    find: ({ input }: Pick<GetInvocation, 'input'>) => ({ resource: reportArn(input.Day), subject: null }),
  },
  async ({ input: { Day, FileType, NextToken }, dependencies: { reports } }: GetInvocation) => {
    const kind = FileType === 'HTML' ? 'html' : 'json'
    const offset = Number(NextToken ?? 0)
    const note = await reports.note(Day)
    const piece = await reports.piece(Day, kind, { offset, maxBytes: PIECE_BYTES })
    if (note === undefined || piece === undefined)
      throw new KmsError('NotFoundException', `There is no report of ${Day}`)
    const { bytes, sizeBytes } = piece
    const end = offset + bytes.length
    if (bytes.length === 0 && offset > 0) throw invalidToken()
    return {
      output: {
        FileName: reportFileName(Day, kind),
        SizeBytes: sizeBytes,
        Content: bytes,
        Note: note,
        VerifierKey: reports.verifierKey,
        NextToken: end < sizeBytes ? String(end) : undefined,
      },
    }
  },
)

type GetInvocation = Invocation<typeof GET_INPUT, null>

function reportArn(day: string): string {
  return `arn:${PARTITION}:holdfast:::report/${day}`
}
