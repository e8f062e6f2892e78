import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import { type ReactNode, useState } from 'react'
import type { PolicyTarget } from '../../api/policy-targets.ts'
import { POLICY_TEXTS as texts } from '../../texts/en/policy.ts'
import { Failure } from '../failure.tsx'
import { indentJson } from '../json.ts'
import { ShowCommands } from '../show-cli.tsx'
import { emptyPolicy } from './document.ts'
import { ExplainPrincipal } from './explain-principal.tsx'
import { lintPolicy } from './lint.ts'
import { PolicyText } from './policy-text.tsx'
import { ReviewPolicy } from './review-policy.tsx'
import { useStoredPolicy } from './use-stored-policy.ts'

type Props = {
  readonly target: PolicyTarget
  /** The name of the editor. */
  readonly label: string
  /** The ARN of the key whose policy it is. */
  readonly keyArn?: string
  /** Why the person may not save it; nothing if it may. */
  readonly reason?: string | undefined
}

/** An edited policy, and the policy that the server had when the editing began. */
type Edited = { readonly text: string; readonly base: string }

/** The editor of a stored policy: what is changed is reviewed before it is saved. */
export function PolicyForm({ target, label, keyArn, reason }: Props): ReactNode {
  const { data, error } = useStoredPolicy(target)
  const [edited, setEdited] = useState<Edited>()
  const [isReviewing, setReviewing] = useState(false)
  if (data === undefined) return error === null ? <Spinner /> : <Failure error={error} />
  const stored = data === '' ? emptyPolicy() : indentJson(data)
  const policy = edited?.text ?? stored
  const end = (): void => {
    setReviewing(false)
    setEdited(undefined)
  }
  const isWrong = lintPolicy(policy, target.use).some(({ severity }) => severity === 'error')
  const unready = reason ?? (edited === undefined ? texts.noChange : isWrong ? texts.fixErrors : undefined)
  return (
    <SpaceBetween size="m">
      <PolicyText
        label={label}
        use={target.use}
        value={policy}
        onChange={(text) => {
          if (text !== policy) setEdited(text === stored ? undefined : { text, base: edited?.base ?? data })
        }}
      />
      <SpaceBetween direction="horizontal" size="xs" alignItems="center">
        <Button disabled={edited === undefined} onClick={() => setEdited(undefined)}>
          {texts.discard}
        </Button>
        <Button
          variant="primary"
          disabled={unready !== undefined}
          disabledReason={unready}
          onClick={() => setReviewing(true)}
        >
          {texts.review}
        </Button>
        <ShowCommands calls={[target.callOf(policy)]} />
      </SpaceBetween>
      {keyArn !== undefined && (
        <Box>
          <ExplainPrincipal keyArn={keyArn} policy={policy} />
        </Box>
      )}
      {isReviewing && edited !== undefined && (
        <ReviewPolicy
          target={target}
          base={edited.base}
          text={edited.text}
          onClose={() => setReviewing(false)}
          onSaved={end}
          onDiscard={end}
        />
      )}
    </SpaceBetween>
  )
}
