import Container from '@cloudscape-design/components/container'
import Spinner from '@cloudscape-design/components/spinner'
import { lazy, type ReactNode, Suspense } from 'react'
import { keyPolicy } from '../../api/policy-targets.ts'
import { TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'

/** The editor is large: the browser loads it when somebody opens this tab. */
const PolicyForm = lazy(async () => {
  const { PolicyForm: component } = await import('../../shared/policy/policy-form.tsx')
  return { default: component }
})

/** The key policy in its editor. */
export function PolicyTab({ facts }: KeyProps): ReactNode {
  return (
    <Container>
      <Suspense fallback={<Spinner />}>
        <PolicyForm target={keyPolicy(facts.KeyId)} keyArn={facts.Arn} label={TEXTS.create.policy} />
      </Suspense>
    </Container>
  )
}
