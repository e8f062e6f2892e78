import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import type { EventRow } from '../../api/events.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { indentJson } from '../../shared/json.ts'
import { TEXTS } from '../../texts/en.ts'

const { audit: texts } = TEXTS

/** The whole record of the chosen call. */
export function EventRecord({ event }: { readonly event: EventRow | undefined }): ReactNode {
  return (
    <Container header={<Header variant="h2">{texts.record}</Header>}>
      {event === undefined ? (
        <Box>{texts.select}</Box>
      ) : (
        <SpaceBetween size="m">
          <CopyText text={indentJson(event.record)} isBlock />
          <Box>
            {texts.prove} <CopyText text={`holdfast audit prove ${event.id}`} />
          </Box>
        </SpaceBetween>
      )}
    </Container>
  )
}
