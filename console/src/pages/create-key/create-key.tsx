import SpaceBetween from '@cloudscape-design/components/space-between'
import Wizard from '@cloudscape-design/components/wizard'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { useSession } from '../../session/session.ts'
import { Failure } from '../../shared/failure.tsx'
import { PLACES, useOpen } from '../../shared/follow.ts'
import { useForm } from '../../shared/form.ts'
import { parsesAsJson } from '../../shared/json.ts'
import { notify } from '../../shared/notices.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { TEXTS } from '../../texts/en.ts'
import { AdministratorsStep, ReviewStep, UsersStep } from './access-steps.tsx'
import { createKeyInput, type Draft, isAccount, isAlias, NEW_DRAFT } from './draft.ts'
import { draftPolicy } from './key-policy.ts'
import { ConfigureStep, LabelsStep } from './steps.tsx'

const { create: texts } = TEXTS

/** The wizard that creates a key, in the five steps that users of AWS know. */
export function CreateKey(): ReactNode {
  const { account } = useSession()
  const open = useOpen()
  const [draft, change] = useForm<Draft>(NEW_DRAFT)
  const [step, setStep] = useState(0)
  const policy = draft.policy ?? draftPolicy(draft, account)
  const isJson = parsesAsJson(policy)
  const input = createKeyInput(draft, policy)
  const create = useCreate()
  const steps = { draft, change }
  return (
    <Wizard
      activeStepIndex={step}
      isLoadingNextStep={create.isPending}
      submitButtonText={texts.submit}
      onNavigate={({ detail }) => {
        if (detail.requestedStepIndex <= step || isComplete(step, draft)) setStep(detail.requestedStepIndex)
      }}
      onCancel={() => open(PLACES.keys)}
      onSubmit={() => {
        if (isJson) create.mutate({ input, alias: draft.alias })
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
              <ShowCli name="CreateKey" input={input} />
            </SpaceBetween>
          ),
        },
      ]}
    />
  )
}

function isComplete(step: number, { alias, accounts, tags }: Draft): boolean {
  if (step === 1) return isAlias(alias) && tags.every(({ key }) => key !== '')
  return step !== 3 || accounts.every(isAccount)
}

/** Creates the key, then its alias: a key whose alias fails is shown all the same. */
function useCreate() {
  const queries = useQueryClient()
  const open = useOpen()
  return useMutation({
    mutationFn: async ({ input, alias }: { input: Parameters<typeof createKey>[0]; alias: string }) => {
      const keyId = await createKey(input)
      if (alias === '') return { keyId, problem: undefined }
      const problem = await call('CreateAlias', { AliasName: `alias/${alias}`, TargetKeyId: keyId }).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
      return { keyId, problem }
    },
    onSuccess: async ({ keyId, problem }) => {
      if (problem === undefined) notify({ type: 'success', header: texts.created, content: keyId })
      else notify({ type: 'warning', header: texts.aliasFailed, content: problem })
      await queries.invalidateQueries({ queryKey: ['keys'] })
      open(`${PLACES.key(keyId)}?tab=use`)
    },
  })
}

async function createKey(input: ReturnType<typeof createKeyInput>): Promise<string> {
  const { KeyMetadata } = await call('CreateKey', input)
  return KeyMetadata?.KeyId ?? ''
}
