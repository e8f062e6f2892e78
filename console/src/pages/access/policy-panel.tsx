import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import Spinner from '@cloudscape-design/components/spinner'
import { lazy, type ReactNode, Suspense } from 'react'
import type { PolicyTarget } from '../../api/policy-targets.ts'
import { type Permit, useReason } from '../../shared/may.tsx'
import { visibleText } from '../../shared/plain-text.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { fill } from '../../texts/en.ts'

/** The editor is large: the browser loads it when somebody opens a policy. */
const PolicyForm = lazy(async () => {
  const { PolicyForm: component } = await import('../../shared/policy/policy-form.tsx')
  return { default: component }
})

type Props = {
  readonly target: PolicyTarget
  readonly title?: string
  /** What saving the policy needs. */
  readonly permit?: Permit
}

/** A stored policy in its editor. */
export function PolicyPanel({ target, title, permit }: Props): ReactNode {
  const reason = useReason(permit ?? { action: 'holdfast:PutControlPolicy' })
  const name = title ?? fill(texts.editPolicy, { name: target.name })
  return (
    <Container header={<Header variant="h2">{visibleText(name)}</Header>}>
      <Suspense fallback={<Spinner />}>
        <PolicyForm key={target.id.join(' ')} target={target} label={name} reason={reason} />
      </Suspense>
    </Container>
  )
}
