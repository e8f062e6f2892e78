import FormField from '@cloudscape-design/components/form-field'
import Select from '@cloudscape-design/components/select'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { pathOf, readOrganization } from '../../api/organization.ts'
import { Confirm } from '../../shared/confirm.tsx'
import { Failure } from '../../shared/failure.tsx'
import { visibleText } from '../../shared/plain-text.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { ORGANIZATION_TEXTS as texts } from '../../texts/en/organization.ts'
import { fill } from '../../texts/en.ts'
import { useAccess, useAccessChange } from './use-access.ts'

type Props = { readonly account: string; readonly onClose: () => void }

/** Moves an account to the root or a unit of the organization. */
export function MoveAccount({ account, onClose }: Props): ReactNode {
  const { data, error } = useAccess(['organization'], readOrganization)
  const nodes = data?.nodes ?? []
  const [parent, setParent] = useState('')
  const input = { AccountId: account, DestinationParentId: parent }
  const move = useAccessChange(() => call('MoveAccount', input), onClose)
  const options = nodes.map((node) => ({
    value: node.Id ?? '',
    label: visibleText(pathOf(node, nodes)),
    ...(node.Id !== undefined && { description: node.Id }),
  }))
  return (
    <Confirm
      title={fill(texts.moveTitle, { account })}
      action={texts.move}
      isReady={parent !== ''}
      isBusy={move.isPending}
      onConfirm={() => move.mutate()}
      onClose={onClose}
    >
      <SpaceBetween size="m">
        <FormField label={texts.destination} description={texts.moveAbout}>
          <Select
            selectedOption={options.find(({ value }) => value === parent) ?? null}
            options={options}
            placeholder={texts.choose}
            empty={texts.none}
            onChange={({ detail }) => setParent(detail.selectedOption.value ?? '')}
          />
        </FormField>
        <Failure error={error ?? move.error} />
        <ShowCli name="MoveAccount" input={input} />
      </SpaceBetween>
    </Confirm>
  )
}
