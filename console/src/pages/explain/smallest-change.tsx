import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { type Change, changesOf, type Permission } from '../../api/explain.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { Failure } from '../../shared/failure.tsx'
import { indentJson } from '../../shared/json.ts'
import { visibleText } from '../../shared/plain-text.tsx'
import { emptyPolicy } from '../../shared/policy/document.ts'
import { useStoredPolicy } from '../../shared/policy/use-stored-policy.ts'
import { REFUSAL_TEXTS } from '../../texts/en/refusals.ts'
import { fill } from '../../texts/en.ts'
import { type Edit, editOf } from './edit-of.ts'

const { explain: texts } = REFUSAL_TEXTS

/** The review shows an editor, which is large. */
const ReviewPolicy = lazy(async () => {
  const { ReviewPolicy: component } = await import('../../shared/policy/review-policy.tsx')
  return { default: component }
})

/** The smallest change that allows a call, each part with a policy edit to review. */
export function SmallestChange({ permission }: { readonly permission: Permission }): ReactNode {
  const changes = changesOf(permission)
  return (
    <SpaceBetween size="s">
      <Header variant="h3">{texts.change}</Header>
      {changes.length === 0 ? (
        <Box>{texts.noChange}</Box>
      ) : (
        <SpaceBetween size="m">
          {changes.map((change) => (
            <Part key={JSON.stringify(change)} change={change} permission={permission} />
          ))}
        </SpaceBetween>
      )}
      {changes.length > 1 && <Box>{texts.everyPart}</Box>}
      {changes.some(({ Kind }) => Kind !== 'SendContext') && (
        <Box color="text-body-secondary">{texts.rightThing}</Box>
      )}
    </SpaceBetween>
  )
}

type PartProps = { readonly change: Change; readonly permission: Permission }

function Part({ change, permission }: PartProps): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const edit = editOf(change, permission)
  return (
    <SpaceBetween size="xs">
      <Box>{partText(change)}</Box>
      {change.Kind === 'AddAllow' && <CopyText text={indentJson(change.Add)} isBlock />}
      {edit !== undefined && (
        <Button variant="primary" onClick={() => setOpen(true)}>
          {texts.reviewAdd}
        </Button>
      )}
      {isOpen && edit !== undefined && (
        <Suspense fallback={<Spinner />}>
          <Review edit={edit} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </SpaceBetween>
  )
}

function partText(change: Change): string {
  if (change.Kind === 'SendContext') {
    const context = change.Keys.map(({ Key, Value }) =>
      Value === undefined ? fill(texts.sendWithout, { key: Key }) : `${Key} = ${String(Value)}`,
    )
    return visibleText(fill(texts.send, { context: context.join(', ') }))
  }
  const where = texts.elsewhere[change.Policy]
  if (change.Kind === 'AddAllow') return fill(texts.add, { where })
  const { Policy, Sid, Index } = change.Statement
  const statement = Sid ?? fill(texts.statement, { number: String(Index + 1) })
  return visibleText(
    fill(texts.lift, { statement, where: Policy === undefined ? where : `${where} ${Policy}` }),
  )
}

/** The edit, applied to the policy as it is now. */
function Review({ edit, onClose }: { readonly edit: Edit; readonly onClose: () => void }): ReactNode {
  const { data, error } = useStoredPolicy(edit.target)
  const queries = useQueryClient()
  if (data === undefined) return error === null ? <Spinner /> : <Failure error={error} />
  return (
    <ReviewPolicy
      target={edit.target}
      base={data}
      text={edit.apply(data === '' ? emptyPolicy() : data)}
      onClose={onClose}
      onDiscard={onClose}
      onSaved={() => {
        onClose()
        void queries.invalidateQueries({ queryKey: ['explain'] })
      }}
    />
  )
}
