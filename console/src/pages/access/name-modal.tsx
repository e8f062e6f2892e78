import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import type { Call } from '../../api/cli.ts'
import { Failure } from '../../shared/failure.tsx'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { fill, TEXTS } from '../../texts/en.ts'
import { useAccessChange } from './use-access.ts'

const { common } = TEXTS

type NameProps = {
  readonly title: string
  readonly label: string
  readonly about?: string
  readonly button?: string
  readonly run: (name: string) => Promise<unknown>
  /** The call that {@link run} makes. */
  readonly callOf?: (name: string) => Call
  readonly onClose: () => void
}

/** Asks for a name, and makes something of that name. */
export function NameModal(props: NameProps): ReactNode {
  const { title, label, about = texts.nameAbout, button = texts.create, run, callOf, onClose } = props
  const [name, setName] = useState('')
  const change = useAccessChange(() => run(name), onClose)
  return (
    <Modal
      visible
      header={title}
      onDismiss={onClose}
      footer={
        <Buttons onClose={onClose}>
          <Button
            variant="primary"
            disabled={name === ''}
            loading={change.isPending}
            onClick={() => change.mutate()}
          >
            {button}
          </Button>
        </Buttons>
      }
    >
      <SpaceBetween size="m">
        <FormField label={label} description={about}>
          <Input value={name} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
        <Failure error={change.error} />
        {callOf !== undefined && <ShowCommands calls={[callOf(name)]} />}
      </SpaceBetween>
    </Modal>
  )
}

type DeleteProps = {
  readonly name: string
  readonly about?: string
  readonly run: () => Promise<unknown>
  readonly call: Call
  readonly onClose: () => void
  readonly onDeleted: () => void
}

/** Deletes something after its name was typed. */
export function DeleteModal(props: DeleteProps): ReactNode {
  const { name, about = texts.deleteAbout, run, call, onClose, onDeleted } = props
  const [typed, setTyped] = useState('')
  const change = useAccessChange(run, onDeleted)
  return (
    <Modal
      visible
      header={fill(texts.deleteTitle, { name })}
      onDismiss={onClose}
      footer={
        <Buttons onClose={onClose}>
          <Button
            variant="primary"
            disabled={typed !== name}
            loading={change.isPending}
            onClick={() => change.mutate()}
          >
            {texts.delete}
          </Button>
        </Buttons>
      }
    >
      <SpaceBetween size="m">
        <Box>{about}</Box>
        <FormField label={fill(texts.deleteConfirm, { name })}>
          <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} />
        </FormField>
        <Failure error={change.error} />
        <ShowCommands calls={[call]} />
      </SpaceBetween>
    </Modal>
  )
}

type ButtonsProps = { readonly children: ReactNode; readonly onClose: () => void }

/** The buttons below a modal: cancel, and what it is for. */
export function Buttons({ children, onClose }: ButtonsProps): ReactNode {
  return (
    <Box float="right">
      <SpaceBetween direction="horizontal" size="xs">
        <Button variant="link" onClick={onClose}>
          {common.cancel}
        </Button>
        {children}
      </SpaceBetween>
    </Box>
  )
}
