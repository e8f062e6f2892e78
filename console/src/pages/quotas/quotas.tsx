import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import ContentLayout from '@cloudscape-design/components/content-layout'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call, type OutputOf } from '../../api/client.ts'
import { useSession } from '../../session/session.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { Failure } from '../../shared/failure.tsx'
import { PermitButton } from '../../shared/may.tsx'
import { notify } from '../../shared/notices.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { QUOTA_TEXTS as texts } from '../../texts/en/quotas.ts'
import { fill, TEXTS } from '../../texts/en.ts'

const { common } = TEXTS

type Quota = NonNullable<OutputOf<'ListQuotas'>['Quotas']>[number]

/** What the account may have, and how fast it may call. */
export function Quotas(): ReactNode {
  const { account } = useSession()
  const { data, error } = useQuery({
    queryKey: ['quotas', account],
    queryFn: allQuotas,
  })
  const [changed, setChanged] = useState<Quota>()
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={texts.about}>
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <DataTable
          title={texts.title}
          name="quotas"
          items={data}
          error={error}
          empty={texts.none}
          trackBy={({ Name = '' }) => Name}
          columns={COLUMNS}
          more={[
            {
              id: 'change',
              header: texts.actions,
              cell: (quota) => (
                <PermitButton
                  variant="inline-link"
                  ariaLabel={fill(texts.changeOf, { name: quota.Name ?? '' })}
                  permit={{
                    action: 'holdfast:SetQuota',
                    resource: `arn:aws:holdfast::${account}:quota/${quota.Name}`,
                  }}
                  onClick={() => setChanged(quota)}
                >
                  {texts.change}
                </PermitButton>
              ),
            },
          ]}
        />
        <ShowCli name="ListQuotas" input={{}} />
        {changed !== undefined && <Change quota={changed} onClose={() => setChanged(undefined)} />}
      </SpaceBetween>
    </ContentLayout>
  )
}

async function allQuotas(): Promise<readonly Quota[]> {
  const quotas: Quota[] = []
  let next: string | undefined
  do {
    const page = await call('ListQuotas', { NextToken: next })
    quotas.push(...(page.Quotas ?? []))
    next = page.NextToken
  } while (next !== undefined)
  return quotas
}

const COLUMNS = [
  { id: 'name', header: texts.name, value: ({ Name }: Quota) => Name },
  { id: 'about', header: texts.meaning, value: ({ About, Unit }: Quota) => `${About}, ${Unit}` },
  {
    id: 'value',
    header: texts.value,
    value: ({ Value }: Quota) => Value,
    cell: ({ Value }: Quota) => Value?.toLocaleString(),
  },
  { id: 'set', header: texts.isSet, value: ({ IsSet }: Quota) => (IsSet === true ? common.yes : common.no) },
  { id: 'default', header: texts.byDefault, value: ({ Default }: Quota) => Default },
  { id: 'aws', header: texts.aws, value: ({ AwsValue }: Quota) => AwsValue },
]

type ChangeProps = { readonly quota: Quota; readonly onClose: () => void }

function Change({ quota, onClose }: ChangeProps): ReactNode {
  const { Name = '', Minimum, Maximum } = quota
  const [value, setValue] = useState(String(quota.Value ?? ''))
  const queries = useQueryClient()
  const input = { Name, Value: value }
  const save = useMutation({
    mutationFn: (Value: string) => call('SetQuota', { Name, Value }),
    onSuccess: async () => {
      notify({ type: 'success', header: texts.saved })
      onClose()
      await queries.invalidateQueries({ queryKey: ['quotas'] })
    },
  })
  return (
    <Modal
      visible
      header={fill(texts.changeOf, { name: Name })}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {common.cancel}
            </Button>
            <Button loading={save.isPending} onClick={() => save.mutate('default')}>
              {texts.back}
            </Button>
            <Button
              variant="primary"
              disabled={!/^\d+$/.test(value)}
              loading={save.isPending}
              onClick={() => save.mutate(value)}
            >
              {common.save}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField
          label={`${texts.value} (${quota.Unit})`}
          description={quota.About}
          constraintText={fill(texts.range, { min: String(Minimum), max: String(Maximum) })}
        >
          <Input value={value} inputMode="numeric" onChange={({ detail }) => setValue(detail.value)} />
        </FormField>
        <Failure error={save.error} />
        <ShowCli name="SetQuota" input={input} />
      </SpaceBetween>
    </Modal>
  )
}
