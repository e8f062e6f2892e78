import BarChart from '@cloudscape-design/components/bar-chart'
import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import type { ReactNode } from 'react'
import { USAGE_TEXTS as texts } from '../texts/en/usage.ts'

const DAY_MS = 86_400_000
const HEIGHT = 240

/** The calls of a day (UTC), which begins the name. */
type DayCalls = { readonly value: string; readonly calls: number; readonly failures: number }

type Props = {
  readonly days: number
  readonly lines: readonly DayCalls[]
  /** What the calls that did not succeed are called. */
  readonly failed?: string
}

/** The calls of each day as a plot. */
export function DayChart({ days, lines, failed = texts.failed }: Props): ReactNode {
  const byDay = new Map(lines.map((line) => [line.value.slice(0, 10), line]))
  const shown = [...lastDays(days)]
  const points = (of: (line: DayCalls) => number) =>
    shown.map((day) => {
      const line = byDay.get(day)
      return { x: day, y: line === undefined ? 0 : of(line) }
    })
  return (
    <Container header={<Header variant="h2">{texts.byDay}</Header>}>
      <BarChart
        ariaLabel={texts.byDay}
        stackedBars
        hideFilter
        height={HEIGHT}
        xTitle={texts.day}
        yTitle={texts.calls}
        xScaleType="categorical"
        xDomain={shown}
        i18nStrings={{ xTickFormatter: (day) => day.slice(5) }}
        series={[
          { title: texts.succeeded, type: 'bar', data: points(({ calls, failures }) => calls - failures) },
          { title: failed, type: 'bar', data: points(({ failures }) => failures) },
        ]}
        empty={<Box>{texts.noCalls}</Box>}
      />
    </Container>
  )
}

/** The last days up to today, as the server names them (UTC). */
function* lastDays(days: number): Generator<string> {
  for (let back = days - 1; back >= 0; back -= 1) {
    yield new Date(Date.now() - back * DAY_MS).toISOString().slice(0, 10)
  }
}
