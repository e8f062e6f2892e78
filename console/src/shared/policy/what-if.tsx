import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { TriedPolicy } from '../../api/policy-targets.ts'
import { type ChangedCalls, type WhatIf as Result, whatIfPolicy } from '../../api/what-if.ts'
import { POLICY_TEXTS } from '../../texts/en/policy.ts'
import { fill } from '../../texts/en.ts'
import { DataTable } from '../data-table.tsx'
import { Failure } from '../failure.tsx'
import { PLACES, useFollow } from '../follow.ts'
import { showTime } from '../form.ts'
import { visibleText } from '../plain-text.tsx'

const { whatIf: texts } = POLICY_TEXTS

type Props = { readonly tried: TriedPolicy; readonly policy: string }

/** What a policy would have done to the recorded calls. */
export function WhatIf({ tried, policy }: Props): ReactNode {
  const [attempt, setAttempt] = useState(0)
  return (
    <SpaceBetween size="m">
      <Header variant="h3" description={texts.about}>
        {texts.title}
      </Header>
      <Run
        key={`${attempt} ${policy}`}
        tried={tried}
        policy={policy}
        onAgain={() => setAttempt(attempt + 1)}
      />
    </SpaceBetween>
  )
}

function Run({ tried, policy, onAgain }: Props & { readonly onAgain: () => void }): ReactNode {
  const [result, setResult] = useState<Result>()
  const [error, setError] = useState<Error | null>(null)
  const running = useRef<AbortController>(null)
  // It is the same as long as the editor is open.
  const wanted = useRef(tried)
  const [isStopped, setStopped] = useState(false)
  useEffect(() => {
    const stop = new AbortController()
    running.current = stop
    whatIfPolicy(wanted.current, policy, stop.signal, setResult).catch((cause: unknown) => {
      if (!stop.signal.aborted) setError(cause instanceof Error ? cause : new Error(String(cause)))
    })
    return () => stop.abort()
  }, [policy])
  if (error !== null) {
    return (
      <SpaceBetween size="xs">
        <Failure error={error} />
        <Button onClick={onAgain}>{texts.again}</Button>
      </SpaceBetween>
    )
  }
  const isRunning = result?.isComplete !== true && !isStopped
  return (
    <SpaceBetween size="m">
      {isRunning && (
        <SpaceBetween direction="horizontal" size="xs" alignItems="center">
          <StatusIndicator type="in-progress">
            {fill(texts.running, { calls: String(result?.calls ?? 0) })}
          </StatusIndicator>
          <Button
            variant="inline-link"
            onClick={() => {
              running.current?.abort()
              setStopped(true)
            }}
          >
            {texts.stop}
          </Button>
        </SpaceBetween>
      )}
      {isStopped && <StatusIndicator type="stopped">{texts.stopped}</StatusIndicator>}
      {result !== undefined && <Found result={result} />}
    </SpaceBetween>
  )
}

function Found({ result }: { readonly result: Result }): ReactNode {
  const { calls, decided, changes, otherChanges, notDecided, locksOut, isComplete } = result
  const changed = changes.reduce((sum, { Calls }) => sum + Calls, otherChanges)
  return (
    <SpaceBetween size="m">
      {locksOut && (
        <Alert type="error" header={texts.locksOut}>
          {texts.locksOutMore}
        </Alert>
      )}
      {changed === 0 && isComplete && (
        <StatusIndicator wrapText>
          {fill(texts.none, { calls: String(calls), decided: String(decided) })}
        </StatusIndicator>
      )}
      {changed > 0 && <Changed changes={changes} count={changed} />}
      {notDecided.length > 0 && (
        <ExpandableSection headerText={texts.notDecided}>
          <ul>
            {notDecided.map(({ what, calls: count }) => (
              <li key={what}>{fill(texts.tally, { what: visibleText(what), calls: String(count) })}</li>
            ))}
          </ul>
        </ExpandableSection>
      )}
    </SpaceBetween>
  )
}

type ChangedProps = { readonly changes: readonly ChangedCalls[]; readonly count: number }

function Changed({ changes, count }: ChangedProps): ReactNode {
  const follow = useFollow()
  return (
    <DataTable
      title={count === 1 ? texts.one : fill(texts.some, { calls: String(count) })}
      name="what-if"
      items={changes}
      trackBy={({ Becomes, Principal, Action, Reason }) => `${Becomes} ${Principal} ${Action} ${Reason}`}
      empty=""
      columns={[
        {
          id: 'becomes',
          header: texts.becomes,
          value: ({ Becomes }) => Becomes,
          cell: ({ Becomes }) => (
            <StatusIndicator type={Becomes === 'allowed' ? 'success' : 'error'}>
              {Becomes === 'allowed' ? texts.allowed : texts.refused}
            </StatusIndicator>
          ),
        },
        { id: 'principal', header: texts.principal, value: ({ Principal }) => Principal },
        { id: 'action', header: texts.action, value: ({ Action }) => Action },
        { id: 'calls', header: texts.calls, value: ({ Calls }) => Calls },
        {
          id: 'last',
          header: texts.last,
          value: ({ Last }) => Last,
          cell: ({ Last }) => showTime(Date.parse(Last) / 1000),
        },
        { id: 'reason', header: texts.reason, value: ({ Reason }) => Reason },
      ]}
      more={[
        {
          id: 'example',
          header: texts.example,
          cell: ({ EventIds: [id] }) =>
            id !== undefined && (
              <Link href={PLACES.explain(id)} onFollow={follow}>
                {texts.example}
              </Link>
            ),
        },
      ]}
    />
  )
}
