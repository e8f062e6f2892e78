import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import type { ErrorComponentProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { TEXTS } from '../texts/en.ts'

const { common: texts } = TEXTS

/** What an address shows whose page could not be loaded or has failed. The frame around it stays. */
export function PageFailed({ error }: ErrorComponentProps): ReactNode {
  return (
    <Alert
      type="error"
      header={texts.pageFailed}
      action={<Button onClick={() => window.location.reload()}>{texts.reload}</Button>}
    >
      {error instanceof Error ? error.message : String(error)}
    </Alert>
  )
}
