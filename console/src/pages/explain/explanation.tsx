import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { type ExplainedCall, explanationOf, type Permission } from '../../api/explain.ts'
import { useSession } from '../../session/session.ts'
import { Failure } from '../../shared/failure.tsx'
import { visibleText } from '../../shared/plain-text.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { REFUSAL_TEXTS } from '../../texts/en/refusals.ts'
import { fill } from '../../texts/en.ts'
import { Path } from './path.tsx'
import { Recorded } from './recorded.tsx'
import { SmallestChange } from './smallest-change.tsx'

const { explain: texts, behind } = REFUSAL_TEXTS

/** Why the calls that an ID names ended as they did, and what policies say of them now. */
export function Explanation({ id }: { readonly id: string }): ReactNode {
  const { region } = useSession()
  const { data, error } = useQuery(explanationOf(region, id))
  if (data === undefined) return error === null ? <Spinner /> : <Failure error={error} />
  return (
    <SpaceBetween size="l">
      {data.Current === false && <Alert type="info">{behind}</Alert>}
      <SpaceBetween size="xl">
        {(data.Calls ?? []).map((call) => (
          <CallExplanation key={call.EventId} call={call} />
        ))}
      </SpaceBetween>
      <ShowCli name="ExplainCall" input={{ Id: id }} />
    </SpaceBetween>
  )
}

function CallExplanation({ call }: { readonly call: ExplainedCall }): ReactNode {
  const { Now: now, NotDecided: because, PossibleCauses: causes = [] } = call
  const unknown = now?.NotConsidered ?? []
  return (
    <SpaceBetween size="m">
      <Recorded call={call} />
      {causes.length > 0 && <Causes causes={causes} />}
      {because !== undefined && (
        <Alert type="info" header={texts.notDecided}>
          {visibleText(because)}
        </Alert>
      )}
      {now !== undefined && (
        <StatusIndicator type={now.Allowed === true ? 'success' : 'error'} wrapText>
          {now.Allowed === true ? texts.nowAllowed : texts.nowRefused}
        </StatusIndicator>
      )}
      <SpaceBetween size="l">
        {(now?.Permissions ?? []).map((permission) => (
          <OnePermission key={`${permission.Action} ${permission.Resource}`} permission={permission} />
        ))}
      </SpaceBetween>
      {unknown.length > 0 && (
        <Box color="text-body-secondary">
          {fill(texts.notConsidered, { what: visibleText(unknown.join('; ')) })}
        </Box>
      )}
    </SpaceBetween>
  )
}

function Causes({ causes }: { readonly causes: readonly string[] }): ReactNode {
  return (
    <Box>
      <Box variant="awsui-key-label">{texts.causes}</Box>
      <ul>
        {causes.map((cause) => (
          <li key={cause}>{visibleText(cause)}</li>
        ))}
      </ul>
    </Box>
  )
}

function OnePermission({ permission }: { readonly permission: Permission }): ReactNode {
  const { Action = '', Resource = '', Allowed, Reason = '', Withheld, MissingContext = [] } = permission
  return (
    <SpaceBetween size="s">
      <Header variant="h3">
        <span className="plain-text">
          {visibleText(fill(texts.permission, { action: Action, resource: Resource }))}
        </span>
      </Header>
      <StatusIndicator type={Allowed === true ? 'success' : 'error'} wrapText>
        {visibleText(Reason)}
      </StatusIndicator>
      {Withheld === true && <Alert type="info">{texts.withheld}</Alert>}
      {MissingContext.length > 0 && (
        <Box>
          {texts.missing}: {visibleText(MissingContext.join(', '))}
        </Box>
      )}
      {Allowed === false && Withheld !== true && <SmallestChange permission={permission} />}
      <ExpandableSection headerText={texts.path}>
        <Path permission={permission} />
      </ExpandableSection>
    </SpaceBetween>
  )
}
