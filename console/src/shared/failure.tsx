import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import type { ReactNode } from 'react'
import { ApiError, Unreachable } from '../api/client.ts'
import { TEXTS } from '../texts/en.ts'

const { common: texts } = TEXTS

/** Says why a call has failed, and what to do next; nothing when there is no error. */
export function Failure({ error }: { readonly error: Error | null }): ReactNode {
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
  return (
    <Alert type="error" header={code === 'AccessDeniedException' ? texts.refused : code}>
      {message}
      {requestId !== undefined && (
        <Box color="inherit" padding={{ top: 'xs' }}>
          {texts.explainWith} <Box variant="code">holdfast explain {requestId}</Box>
        </Box>
      )}
    </Alert>
  )
}
