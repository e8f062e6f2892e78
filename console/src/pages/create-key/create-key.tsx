import SpaceBetween from '@cloudscape-design/components/space-between'
import Wizard from '@cloudscape-design/components/wizard'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call, type InputOf } from '../../api/client.ts'
import { useSession } from '../../session/session.ts'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useOpen } from '../../shared/follow.ts'
import { useForm } from '../../shared/form.ts'
import { parsesAsJson } from '../../shared/json.ts'
import { notify } from '../../shared/notices.tsx'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { WIZARD_TEXTS } from '../../texts/en/wizard.ts'
import { TEXTS } from '../../texts/en.ts'
import { AdministratorsStep, ReviewStep, UsersStep } from './access-steps.tsx'
import {
  createKeyInput,
  type Draft,
  isAccount,
  isAlias,
  isExternalKey,
  isReplicaRegion,
  type LaterCall,
  laterCalls,
  mayReplicate,
  NEW_DRAFT,
} from './draft.ts'
import { draftPolicy } from './key-policy.ts'
import { ConfigureStep, LabelsStep } from './steps.tsx'

const { create: texts } = TEXTS

/** The wizard that creates a key, in the five steps that users of AWS know. */
export function CreateKey(): ReactNode {
  const { account, region } = useSession()
  const open = useOpen()
  const [draft, change] = useForm<Draft>(NEW_DRAFT)
  const [step, setStep] = useState(0)
  const policy = draft.policy ?? draftPolicy(draft, account)
  const isJson = parsesAsJson(policy)
  const input = createKeyInput(draft, policy)
  const later = (keyId: string) => laterCalls(draft, policy, keyId)
  const create = useCreate()
  const steps = { draft, change }
  return (
    <Wizard
      activeStepIndex={step}
      isLoadingNextStep={create.isPending}
      submitButtonText={texts.submit}
      onNavigate={({ detail }) => {
        if (detail.requestedStepIndex <= step || isComplete(step, draft, region))
          setStep(detail.requestedStepIndex)
      }}
      onCancel={() => open(PLACES.keys)}
      onSubmit={() => {
        if (isJson) create.mutate({ input, later })
      }}
      steps={[
        { title: texts.steps.configure, content: <ConfigureStep {...steps} /> },
        { title: texts.steps.labels, content: <LabelsStep {...steps} /> },
        { title: texts.steps.administrators, content: <AdministratorsStep {...steps} />, isOptional: true },
        { title: texts.steps.users, content: <UsersStep {...steps} />, isOptional: true },
        {
          title: texts.steps.review,
          content: (
            <SpaceBetween size="l">
              <ReviewStep {...steps} account={account} policy={policy} isJson={isJson} />
              <Failure error={create.error} />
              <ShowCommands calls={[{ name: 'CreateKey', input }, ...later('KEY_ID')]} />
            </SpaceBetween>
          ),
        },
      ]}
    />
  )
}

function isComplete(step: number, draft: Draft, region: string): boolean {
  const { alias, accounts, tags, origin, replicas } = draft
  if (step === 1) return isAlias(alias) && tags.every(({ key }) => key !== '')
  if (step !== 0) return step !== 3 || accounts.every(isAccount)
  const hasStore = draft.store !== '' && isExternalKey(draft.xksKey)
  const regions = mayReplicate(draft) ? replicas : []
  const isRight = regions.every((one) => isReplicaRegion(one, region))
  return isRight && new Set(regions).size === regions.length && (origin !== 'EXTERNAL_KEY_STORE' || hasStore)
}

type Plan = {
  readonly input: InputOf<'CreateKey'>
  readonly later: (keyId: string) => readonly LaterCall[]
}

/** Creates the key, then its alias and replicas: a key of which these fail is shown all the same. */
function useCreate() {
  const queries = useQueryClient()
  const open = useOpen()
  return useMutation({
    mutationFn: async ({ input, later }: Plan) => {
      const { KeyMetadata } = await call('CreateKey', input)
      const keyId = KeyMetadata?.KeyId ?? ''
      const problems: string[] = []
      for (const { name, input: next } of later(keyId)) {
        await call(name, next).catch((error: unknown) => {
          problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
        })
      }
      return { keyId, problems }
    },
    onSuccess: async ({ keyId, problems }) => {
      if (problems.length === 0) notify({ type: 'success', header: texts.created, content: keyId })
      else notify({ type: 'warning', header: WIZARD_TEXTS.laterFailed, content: problems.join('\n') })
      await queries.invalidateQueries({ queryKey: ['keys'] })
      open(`${PLACES.key(keyId)}?tab=use`)
    },
  })
}
