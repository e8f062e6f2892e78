import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { TEXTS } from '../texts/en.ts'

type Props = {
  readonly title: string
  /** The text of the button that does it. */
  readonly action: string
  readonly isReady: boolean
  readonly isBusy: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
  readonly size?: 'medium' | 'large'
  readonly children: ReactNode
}

/** A dialog with a button that does something, and one that does not. */
export function Confirm(props: Props): ReactNode {
  const { title, action, isReady, isBusy, onConfirm, onClose, size = 'medium', children } = props
  return (
    <Modal
      visible
      size={size}
      header={title}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {TEXTS.common.cancel}
            </Button>
            <Button variant="primary" disabled={!isReady} loading={isBusy} onClick={onConfirm}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      {children}
    </Modal>
  )
}
