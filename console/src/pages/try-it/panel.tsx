import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import Link from '@cloudscape-design/components/link'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Call } from '../../api/cli.ts'
import { ApiError } from '../../api/client.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useFollow } from '../../shared/follow.ts'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { TRY_TEXTS as texts } from '../../texts/en/try-it.ts'

/** What an answer shows: a name and a value, which can be copied. @public */
export type Shown = {
  readonly label: string
  readonly value: string
}

type Props<T> = {
  readonly title: string
  /** The call, as the command line shows it. */
  readonly made: Call
  /** Makes the call. */
  readonly run: () => Promise<T>
  readonly isReady: boolean
  readonly isPrimary?: boolean
  /** The heading of an answer. */
  readonly done: (output: T) => string
  readonly shown: (output: T) => readonly Shown[]
  /** What a button under the answer does with it. */
  readonly onUse?: { readonly text: string; readonly use: (output: T) => void }
  readonly children: ReactNode
}

/** Fields, a button that makes a call, and what it answers. Nothing of it outlives the page. */
export function Panel<T>(props: Props<T>): ReactNode {
  const { title, made, run, isReady, isPrimary = false, children } = props
  const call = useMutation({ mutationFn: run, gcTime: 0 })
  return (
    <Container header={<Header variant="h2">{title}</Header>} fitHeight>
      <SpaceBetween size="m">
        {children}
        <Button
          variant={isPrimary ? 'primary' : 'normal'}
          disabled={!isReady}
          loading={call.isPending}
          onClick={() => call.mutate()}
        >
          {title}
        </Button>
        <Invalid error={call.error} />
        <div aria-live="polite">
          {call.data !== undefined && <Result {...props} output={call.data} name={made.name} />}
        </div>
        <ShowCommands calls={[made]} />
      </SpaceBetween>
    </Container>
  )
}

/** Says that a signature or a MAC is not valid, which is an answer rather than a failure; else why the call has failed. */
function Invalid({ error }: { readonly error: Error | null }): ReactNode {
  const code = error instanceof ApiError ? error.code : ''
  const header = INVALID[code]
  return header === undefined ? <Failure error={error} /> : <Alert type="error" header={header} />
}

const INVALID: Readonly<Record<string, string>> = {
  KMSInvalidSignatureException: texts.notValid,
  KMSInvalidMacException: texts.macNotValid,
}

type ResultProps<T> = Pick<Props<T>, 'done' | 'shown' | 'onUse'> & {
  readonly output: T
  readonly name: string
}

function Result<T>({ done, shown, onUse, output, name }: ResultProps<T>): ReactNode {
  const follow = useFollow()
  return (
    <Alert
      type="success"
      header={done(output)}
      action={onUse && <Button onClick={() => onUse.use(output)}>{onUse.text}</Button>}
    >
      <SpaceBetween size="xs">
        {shown(output).map(({ label, value }) => (
          <div key={label}>
            <Box color="inherit" variant="awsui-key-label">
              {label}
            </Box>
            <CopyText text={value} isBlock />
          </div>
        ))}
        <Link href={PLACES.auditOf('EventName', name)} onFollow={follow}>
          {texts.seeAudit}
        </Link>
      </SpaceBetween>
    </Alert>
  )
}
