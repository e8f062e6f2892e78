import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Link from '@cloudscape-design/components/link'
import type { ReactNode } from 'react'
import { ApiError, Unreachable } from '../api/client.ts'
import { TEXTS } from '../texts/en.ts'
import { PLACES, useFollow } from './follow.ts'

const { common: texts } = TEXTS

/** Says why a call has failed, and what to do next; nothing when there is no error. */
export function Failure({ error }: { readonly error: Error | null }): ReactNode {
  const follow = useFollow()
  if (error === null) return null
  if (error instanceof Unreachable) {
    return (
      <Alert type="error" header={texts.unreachable}>
        {texts.unreachableMore}
      </Alert>
    )
  }
  if (!(error instanceof ApiError)) {
    return (
      <Alert type="error" header={texts.failed}>
        {error.message}
      </Alert>
    )
  }
  const { code, message, requestId } = error
  // IAM and STS have another name for it.
  const isRefusal = code === 'AccessDeniedException' || code === 'AccessDenied'
  return (
    <Alert type="error" header={isRefusal ? texts.refused : code}>
      {message}
      {requestId !== undefined && (
        <Box color="inherit" padding={{ top: 'xs' }}>
          <Link href={PLACES.explain(requestId)} onFollow={follow}>
            {isRefusal ? texts.explain : texts.explainCall}
          </Link>
        </Box>
      )}
    </Alert>
  )
}
