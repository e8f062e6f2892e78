import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { keyAliases } from '../../api/keys.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PlainText } from '../../shared/plain-text.tsx'
import { RowAction } from '../../shared/row-action.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'

const { key: texts, keys, common } = TEXTS

/** The names of a key. */
export function AliasesTab({ facts }: KeyProps): ReactNode {
  const { KeyId, region } = facts
  const { data = [], error, isPending } = useQuery(keyAliases(region, KeyId))
  const [name, setName] = useState('')
  const input = { AliasName: `alias/${name}`, TargetKeyId: KeyId }
  const add = useKeyAction(region, KeyId, {
    run: async () => {
      await call('CreateAlias', input)
      setName('')
    },
    done: texts.saved,
  })
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (name !== '') add.mutate(undefined)
  }
  return (
    <SpaceBetween size="l">
      <DataTable
        title={texts.tabs.aliases}
        name={`aliases-${KeyId}`}
        items={isPending ? undefined : data}
        trackBy={(item) => item}
        empty={texts.noAliases}
        columns={[
          {
            id: 'name',
            header: keys.alias,
            value: (item) => item,
            cell: (item) => <PlainText text={item} />,
          },
        ]}
        more={[
          {
            id: 'remove',
            header: common.remove,
            cell: (item) => (
              <RowAction
                label={common.remove}
                of={item}
                permit={{ action: 'kms:DeleteAlias', resource: facts.Arn }}
                calls={[{ name: 'DeleteAlias', input: { AliasName: item } }]}
                done={texts.saved}
                changes={['key', region, KeyId]}
              />
            ),
          },
        ]}
      />
      <Failure error={error ?? add.error} />
      <Container>
        <form onSubmit={submit}>
          <SpaceBetween size="m">
            <FormField label={texts.newAlias}>
              <Input value={name} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
            <Button formAction="submit" loading={add.isPending}>
              {texts.addAlias}
            </Button>
            <ShowCli name="CreateAlias" input={input} />
          </SpaceBetween>
        </form>
      </Container>
    </SpaceBetween>
  )
}
