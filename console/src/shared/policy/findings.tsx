import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call, type InputOf } from '../../api/client.ts'
import type { PolicyTarget } from '../../api/policy-targets.ts'
import { patiently } from '../../api/what-if.ts'
import { POLICY_TEXTS } from '../../texts/en/policy.ts'
import { fill } from '../../texts/en.ts'
import { Failure } from '../failure.tsx'
import { visibleText } from '../plain-text.tsx'

const { findings: texts } = POLICY_TEXTS

type Props = { readonly target: PolicyTarget; readonly policy: string }

const TYPES = { ERROR: 'error', SECURITY_WARNING: 'warning', WARNING: 'warning', SUGGESTION: 'info' } as const

/** What the server says of a policy before it is saved: faults and risks. */
export function Findings({ target, policy }: Props): ReactNode {
  const input = { PolicyDocument: policy, ...typeOf(target) }
  const { data, error } = useQuery({
    queryKey: ['findings', input],
    queryFn: async () => (await patiently(() => call('ValidatePolicy', input))).Findings ?? [],
  })
  return (
    <SpaceBetween size="xs">
      <Header variant="h3">{texts.title}</Header>
      <Failure error={error} />
      {data === undefined && error === null && <Spinner />}
      {data?.length === 0 && <StatusIndicator>{texts.none}</StatusIndicator>}
      <SpaceBetween size="xxs">
        {(data ?? []).map(({ FindingType = '', IssueCode = '', FindingDetails = '', Statement }) => (
          <StatusIndicator
            key={`${IssueCode} ${Statement} ${FindingDetails}`}
            type={isType(FindingType) ? TYPES[FindingType] : 'info'}
            wrapText
          >
            {visibleText(
              Statement === undefined
                ? FindingDetails
                : fill(texts.statement, { number: String(Statement + 1), details: FindingDetails }),
            )}
          </StatusIndicator>
        ))}
      </SpaceBetween>
    </SpaceBetween>
  )
}

function isType(text: string): text is keyof typeof TYPES {
  return Object.hasOwn(TYPES, text)
}

type Typed = Pick<InputOf<'ValidatePolicy'>, 'PolicyType' | 'ValidatePolicyResourceType'>

function typeOf({ use }: PolicyTarget): Typed {
  switch (use) {
    case 'identity':
      return { PolicyType: 'IDENTITY_POLICY' }
    case 'scp':
      return { PolicyType: 'SERVICE_CONTROL_POLICY' }
    case 'rcp':
      return { PolicyType: 'RESOURCE_CONTROL_POLICY' }
    case 'trust':
      return {
        PolicyType: 'RESOURCE_POLICY',
        ValidatePolicyResourceType: 'AWS::IAM::AssumeRolePolicyDocument',
      }
    case 'key':
      return { PolicyType: 'RESOURCE_POLICY', ValidatePolicyResourceType: 'AWS::KMS::Key' }
  }
}
