import Container from '@cloudscape-design/components/container'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { ReactNode } from 'react'
import { Aliases } from '../../shared/alias.tsx'
import { CopyText } from '../../shared/copy-text.tsx'
import { showTime } from '../../shared/form.ts'
import { KeyState } from '../../shared/key-state.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'

const { key: texts, keys, common } = TEXTS

/** What DescribeKey says of a key. */
export function Overview({ facts }: KeyProps): ReactNode {
  const { KeyId, Arn, KeyState: state, DeletionDate, CurrentKeyMaterialId: material } = facts
  const algorithms = [
    ...(facts.EncryptionAlgorithms ?? []),
    ...(facts.SigningAlgorithms ?? []),
    ...(facts.MacAlgorithms ?? []),
    ...(facts.KeyAgreementAlgorithms ?? []),
    ...(facts.EncapsulationAlgorithms ?? []),
  ]
  return (
    <Container footer={<ShowCli name="DescribeKey" input={{ KeyId }} />}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: keys.id, value: <CopyText text={KeyId} /> },
          { label: texts.arn, value: <CopyText text={Arn} /> },
          { label: keys.alias, value: <Aliases keyId={KeyId} /> },
          { label: keys.state, value: <KeyState state={state} /> },
          { label: keys.spec, value: facts.KeySpec },
          { label: keys.usage, value: facts.KeyUsage },
          { label: keys.origin, value: facts.Origin },
          { label: keys.created, value: showTime(facts.CreationDate) },
          { label: texts.multiRegion, value: facts.MultiRegion === true ? common.yes : common.no },
          { label: texts.algorithms, value: algorithms.join(', ') || common.none },
          ...(material === undefined ? [] : [{ label: texts.material, value: <CopyText text={material} /> }]),
          ...(DeletionDate === undefined
            ? []
            : [{ label: texts.deletionDate, value: showTime(DeletionDate) }]),
        ]}
      />
    </Container>
  )
}
