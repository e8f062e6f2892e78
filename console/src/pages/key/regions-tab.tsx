import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PermitButton } from '../../shared/may.tsx'
import { RowAction } from '../../shared/row-action.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { REGION_TEXTS as texts } from '../../texts/en/key.ts'
import type { KeyProps } from './key.tsx'

type Place = { readonly Arn?: string; readonly Region?: string; readonly isPrimary: boolean }

/** The Regions of a multi-Region key: its primary key and its replicas. */
export function RegionsTab({ facts }: KeyProps): ReactNode {
  const { KeyId, Arn, region, MultiRegionConfiguration: places } = facts
  const [typed, setTyped] = useState('')
  const input = { KeyId, ReplicaRegion: typed }
  const replicate = useKeyAction(region, KeyId, {
    run: async () => {
      await call('ReplicateKey', input)
      setTyped('')
    },
    done: texts.replicated,
  })
  if (places === undefined) return <Alert>{texts.single}</Alert>
  const isPrimaryHere = places.MultiRegionKeyType === 'PRIMARY'
  const items: readonly Place[] = [
    { ...places.PrimaryKey, isPrimary: true },
    ...(places.ReplicaKeys ?? []).map((replica) => ({ ...replica, isPrimary: false })),
  ]
  const isRegion = /^[a-z]{2}(?:-[a-z]+)+-[0-9]$/.test(typed)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (isRegion) replicate.mutate(undefined)
  }
  return (
    <SpaceBetween size="l">
      <DataTable
        title={texts.title}
        name={`regions-${KeyId}`}
        items={items}
        trackBy={({ Arn: arn = '' }) => arn}
        empty=""
        columns={[
          { id: 'region', header: texts.region, value: ({ Region }) => Region },
          {
            id: 'role',
            header: texts.role,
            value: ({ isPrimary }) => (isPrimary ? texts.primary : texts.replica),
          },
          { id: 'arn', header: texts.arn, value: ({ Arn: arn }) => arn },
        ]}
        more={[
          {
            id: 'promote',
            header: texts.makePrimary,
            cell: ({ Region = '', isPrimary }) =>
              isPrimary || !isPrimaryHere ? null : (
                <RowAction
                  label={texts.makePrimary}
                  of={Region}
                  permit={{ action: 'kms:UpdatePrimaryRegion', resource: Arn }}
                  calls={[{ name: 'UpdatePrimaryRegion', input: { KeyId, PrimaryRegion: Region } }]}
                  done={texts.madePrimary}
                  changes={['key', region, KeyId]}
                />
              ),
          },
        ]}
      />
      {isPrimaryHere && (
        <Container>
          <form onSubmit={submit}>
            <SpaceBetween size="m">
              <FormField
                label={texts.replicaRegion}
                errorText={typed === '' || isRegion ? undefined : texts.regionWrong}
              >
                <Input value={typed} onChange={({ detail }) => setTyped(detail.value.trim())} />
              </FormField>
              <PermitButton
                permit={{ action: 'kms:ReplicateKey', resource: Arn }}
                formAction="submit"
                loading={replicate.isPending}
              >
                {texts.replicate}
              </PermitButton>
              <Failure error={replicate.error} />
              <ShowCli name="ReplicateKey" input={input} />
            </SpaceBetween>
          </form>
        </Container>
      )}
    </SpaceBetween>
  )
}
