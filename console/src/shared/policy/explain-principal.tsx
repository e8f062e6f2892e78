import Autosuggest from '@cloudscape-design/components/autosuggest'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { callIam, type IamOutputOf } from '../../api/iam.ts'
import { OPERATIONS } from '../../api/operations.ts'
import { listPrincipals } from '../../api/principals.ts'
import { useSession } from '../../session/session.ts'
import { POLICY_TEXTS } from '../../texts/en/policy.ts'
import { fill } from '../../texts/en.ts'
import { Failure } from '../failure.tsx'
import { useForm } from '../form.ts'
import { visibleText } from '../plain-text.tsx'
import { ShowCli } from '../show-cli.tsx'

const { principal: texts } = POLICY_TEXTS

const ACTIONS = Object.entries(OPERATIONS)
  .flatMap(([name, [service]]) => (service === 'kms' ? [`kms:${name}`] : []))
  .filter(
    (action) =>
      !/:(?:Create(?:Key|CustomKeyStore)|List(?:Keys|Aliases)|GenerateRandom|.*KeyStores?)$/.test(action),
  )

type Props = { readonly keyArn: string; readonly policy: string }

/** Decides an operation of a user or role by a key policy that need not be saved. */
export function ExplainPrincipal({ keyArn, policy }: Props): ReactNode {
  const { account } = useSession()
  const [{ who, action }, change] = useForm({ who: '', action: 'kms:Decrypt' })
  const principals = useQuery({ queryKey: ['principals', account], queryFn: listPrincipals })
  const input = {
    PolicySourceArn: who,
    CallerArn: who,
    ActionNames: [action],
    ResourceArns: [keyArn],
    ResourcePolicy: policy,
  }
  const explain = useMutation({ mutationFn: () => callIam('SimulatePrincipalPolicy', input) })
  return (
    <ExpandableSection headerText={texts.title} headerDescription={texts.about} variant="container">
      <SpaceBetween size="m">
        <FormField label={texts.who} stretch>
          <Autosuggest
            value={who}
            enteredTextLabel={(value) => value}
            placeholder={texts.choose}
            options={(principals.data ?? []).map((value) => ({ value }))}
            onChange={({ detail }) => change({ who: detail.value })}
          />
        </FormField>
        <FormField label={texts.action} stretch>
          <Select
            filteringType="auto"
            options={ACTIONS.map((value) => ({ value }))}
            selectedOption={{ value: action }}
            onChange={({ detail }) => change({ action: detail.selectedOption.value ?? action })}
          />
        </FormField>
        <SpaceBetween direction="horizontal" size="m" alignItems="center">
          <Button disabled={who === ''} loading={explain.isPending} onClick={() => explain.mutate()}>
            {texts.run}
          </Button>
          <ShowCli name="SimulatePrincipalPolicy" input={input} />
        </SpaceBetween>
        <Failure error={principals.error ?? explain.error} />
        <div aria-live="polite">{explain.data !== undefined && <Result output={explain.data} />}</div>
      </SpaceBetween>
    </ExpandableSection>
  )
}

function Result({ output }: { readonly output: IamOutputOf<'SimulatePrincipalPolicy'> }): ReactNode {
  const [result] = output.EvaluationResults ?? []
  if (result === undefined) return null
  const { EvalDecision, MatchedStatements = [], MissingContextValues = [] } = result
  const sources = MatchedStatements.map(({ SourcePolicyId = '' }) =>
    SourcePolicyId === 'ResourcePolicy' ? texts.keyPolicy : SourcePolicyId,
  )
  return (
    <SpaceBetween size="xs">
      <StatusIndicator type={EvalDecision === 'allowed' ? 'success' : 'error'} wrapText>
        {decisionText(EvalDecision)}
      </StatusIndicator>
      {EvalDecision !== 'implicitDeny' && sources.length > 0 && (
        <Box>
          {texts.by}: {visibleText([...new Set(sources)].join(', '))}
        </Box>
      )}
      {MissingContextValues.length > 0 && (
        <Box>{fill(texts.missing, { keys: MissingContextValues.join(', ') })}</Box>
      )}
    </SpaceBetween>
  )
}

function decisionText(decision: string | undefined): string {
  if (decision === 'allowed') return texts.allowed
  return decision === 'explicitDeny' ? texts.explicitDeny : texts.implicitDeny
}
