import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { CopyText } from '../../shared/copy-text.tsx'
import type { KeyProps } from './key.tsx'
import { examplesOf } from './use-examples.ts'

/** How programs use the key, with the key filled in. */
export function UseTab({ facts }: KeyProps): ReactNode {
  const { Arn: arn, region, KeyUsage: usage = '', KeySpec: spec = '' } = facts
  const [algorithm = ''] = facts.SigningAlgorithms ?? facts.MacAlgorithms ?? facts.EncryptionAlgorithms ?? []
  const endpoint = window.location.origin
  return (
    <SpaceBetween size="l">
      {examplesOf({ arn, region, endpoint, usage, spec, algorithm }).map(({ title, text }) => (
        <Container key={title} header={<Header variant="h2">{title}</Header>}>
          <CopyText text={text} isBlock />
        </Container>
      ))}
    </SpaceBetween>
  )
}
