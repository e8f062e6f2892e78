import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { PolicyTarget } from '../../api/policy-targets.ts'
import { whatIfCall } from '../../api/what-if.ts'
import { useSession } from '../../session/session.ts'
import { POLICY_TEXTS as texts } from '../../texts/en/policy.ts'
import { TEXTS } from '../../texts/en.ts'
import { Failure } from '../failure.tsx'
import { indentJson } from '../json.ts'
import { JsonDiff } from '../json-diff.tsx'
import { ShowCommands } from '../show-cli.tsx'
import { Findings } from './findings.tsx'
import { useSavePolicy } from './use-stored-policy.ts'
import { WhatIf } from './what-if.tsx'

const { common } = TEXTS

type Props = {
  readonly target: PolicyTarget
  /** The policy that the editing began with. */
  readonly base: string
  readonly text: string
  readonly onClose: () => void
  readonly onSaved: () => void
  readonly onDiscard: () => void
}

/**
 * Shows what a save changes: the difference, and what the policy would have done to recorded calls. If somebody else
 * has changed the policy meanwhile, nothing is saved before the difference to theirs was shown.
 */
export function ReviewPolicy({ target, base, text, onClose, onSaved, onDiscard }: Props): ReactNode {
  const { region } = useSession()
  const queries = useQueryClient()
  const save = useSavePolicy(target, onSaved)
  const theirs = save.data?.theirs
  const isConflict = theirs !== undefined
  const takeTheirs = (): void => {
    queries.setQueryData(['policy', region, ...target.id], theirs)
    onDiscard()
  }
  return (
    <Modal
      visible
      size="max"
      header={isConflict ? texts.conflict : texts.reviewTitle}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            {[
              <Button key="close" variant="link" onClick={onClose}>
                {common.cancel}
              </Button>,
              ...(isConflict
                ? [
                    <Button key="theirs" onClick={takeTheirs}>
                      {texts.takeTheirs}
                    </Button>,
                  ]
                : []),
              <Button
                key="save"
                variant="primary"
                loading={save.isPending}
                onClick={() => save.mutate({ text, base: theirs ?? base })}
              >
                {isConflict ? texts.overwrite : common.save}
              </Button>,
            ]}
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="l">
        {isConflict && <Alert type="warning">{texts.conflictMore}</Alert>}
        <Failure error={save.error} />
        <SpaceBetween size="xs">
          <Header variant="h3">{texts.difference}</Header>
          <JsonDiff
            before={indentJson(theirs ?? base)}
            after={indentJson(text)}
            labels={isConflict ? [texts.theirs, texts.mine] : [texts.stored, texts.draft]}
          />
        </SpaceBetween>
        <Findings target={target} policy={text} />
        <WhatIf tried={target.tried} policy={text} />
        <ShowCommands calls={[whatIfCall(target.tried, text), target.callOf(text)]} />
      </SpaceBetween>
    </Modal>
  )
}
