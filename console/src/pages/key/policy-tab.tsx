import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { CodeEditor } from '../../shared/code-editor.tsx'
import { Failure } from '../../shared/failure.tsx'
import { indentJson, parsesAsJson } from '../../shared/json.ts'
import { ShowCli } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'
import { PolicyConflict } from './policy-conflict.tsx'

const { key: texts, create, common } = TEXTS

/** An edited policy, and the policy that the server had when the editing began. */
type Edited = { readonly text: string; readonly base: string }

/** The key policy in an editor. Before it overwrites a change of somebody else, it shows the difference. */
export function PolicyTab({ facts }: KeyProps): ReactNode {
  const { KeyId, region } = facts
  const { data, error } = useQuery({
    queryKey: ['key', region, KeyId, 'policy'],
    queryFn: () => readPolicy(KeyId),
  })
  const [edited, setEdited] = useState<Edited>()
  const [theirs, setTheirs] = useState<string>()
  const policy = edited?.text ?? indentJson(data ?? '')
  const input = { KeyId, Policy: policy }
  const save = useKeyAction(region, KeyId, {
    run: async () => {
      await call('PutKeyPolicy', input)
      setEdited(undefined)
      setTheirs(undefined)
    },
    done: texts.saved,
  })
  const check = useMutation({
    mutationFn: async () => {
      const now = await readPolicy(KeyId)
      if (now === edited?.base) await save.mutateAsync(undefined)
      else setTheirs(now)
    },
  })
  const discard = (): void => {
    setEdited(undefined)
    setTheirs(undefined)
  }
  const isJson = data === undefined || parsesAsJson(policy)
  return (
    <Container>
      <SpaceBetween size="m">
        <Failure error={error} />
        <FormField label={create.policy} stretch errorText={isJson ? undefined : create.policyWrong}>
          {data !== undefined && (
            <CodeEditor
              label={create.policy}
              value={policy}
              onChange={(text) => {
                if (text !== policy) setEdited({ text, base: edited?.base ?? data })
              }}
            />
          )}
        </FormField>
        <Failure error={check.error} />
        <SpaceBetween direction="horizontal" size="xs">
          <Button disabled={edited === undefined} onClick={discard}>
            {common.cancel}
          </Button>
          <Button
            variant="primary"
            disabled={edited === undefined || !isJson}
            loading={check.isPending}
            onClick={() => check.mutate()}
          >
            {common.save}
          </Button>
        </SpaceBetween>
        <ShowCli name="PutKeyPolicy" input={input} />
      </SpaceBetween>
      {theirs !== undefined && (
        <PolicyConflict
          theirs={theirs}
          ours={policy}
          isBusy={save.isPending}
          onDiscard={discard}
          onOverwrite={() => save.mutate(undefined)}
          onClose={() => setTheirs(undefined)}
        />
      )}
    </Container>
  )
}

async function readPolicy(KeyId: string): Promise<string> {
  return (await call('GetKeyPolicy', { KeyId })).Policy ?? ''
}
