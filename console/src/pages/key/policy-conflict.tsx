import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { indentJson } from '../../shared/json.ts'
import { JsonDiff } from '../../shared/json-diff.tsx'
import { POLICY_TEXTS as texts } from '../../texts/en/key.ts'

type Props = {
  /** The policy that the server has now. */
  readonly theirs: string
  /** The policy in the editor. */
  readonly ours: string
  readonly isBusy: boolean
  readonly onDiscard: () => void
  readonly onOverwrite: () => void
  readonly onClose: () => void
}

/** Shows what a save would overwrite: somebody else has changed the policy since the editing began. */
export function PolicyConflict({ theirs, ours, isBusy, onDiscard, onOverwrite, onClose }: Props): ReactNode {
  return (
    <Modal
      visible
      size="max"
      header={texts.conflict}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {texts.editOn}
            </Button>
            <Button onClick={onDiscard}>{texts.takeTheirs}</Button>
            <Button variant="primary" loading={isBusy} onClick={onOverwrite}>
              {texts.overwrite}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box>{texts.conflictMore}</Box>
        <JsonDiff before={indentJson(theirs)} after={ours} labels={[texts.theirs, texts.ours]} />
      </SpaceBetween>
    </Modal>
  )
}
