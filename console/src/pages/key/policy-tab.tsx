import Container from '@cloudscape-design/components/container'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import { lazy, type ReactNode, Suspense } from 'react'
import { keyPolicy } from '../../api/policy-targets.ts'
import { useReason } from '../../shared/may.tsx'
import { TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'
import { KeyAccess } from './key-access.tsx'

/** The editor is large: the browser loads it when somebody opens this tab. */
const PolicyForm = lazy(async () => {
  const { PolicyForm: component } = await import('../../shared/policy/policy-form.tsx')
  return { default: component }
})

/** The key policy in its editor, and whom it and all other policies allow. */
export function PolicyTab({ facts }: KeyProps): ReactNode {
  const reason = useReason({ action: 'kms:PutKeyPolicy', resource: facts.Arn })
  return (
    <SpaceBetween size="l">
      <Container>
        <Suspense fallback={<Spinner />}>
          <PolicyForm
            target={keyPolicy(facts.KeyId)}
            keyArn={facts.Arn}
            label={TEXTS.create.policy}
            reason={reason}
          />
        </Suspense>
      </Container>
      <KeyAccess facts={facts} />
    </SpaceBetween>
  )
}
