import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { type ReactNode, useState } from 'react'
import { callIam, listAll } from '../../api/iam.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { formatCsv, saveFile } from '../../shared/csv.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { showTime } from '../../shared/form.ts'
import { PermitButton } from '../../shared/may.tsx'
import { RowAction } from '../../shared/row-action.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { TEXTS } from '../../texts/en.ts'
import { CHANGES, useAccess, useAccessChange } from './use-access.ts'

type Props = { readonly userName: string; readonly arn: string }
type NewKey = { readonly id: string; readonly secret: string }

/** The access keys of a user. The secret of a new one is shown once, and kept nowhere. */
export function AccessKeys({ userName: UserName, arn }: Props): ReactNode {
  const { data, error } = useAccess(['access-keys', UserName], () => keysOf(UserName))
  const [made, setMade] = useState<NewKey>()
  const create = useAccessChange(async () => {
    const { AccessKey } = await callIam('CreateAccessKey', { UserName })
    setMade({ id: AccessKey?.AccessKeyId ?? '', secret: AccessKey?.SecretAccessKey ?? '' })
  })
  return (
    <div>
      <DataTable
        title={texts.keys}
        name={`${UserName}-access-keys`}
        items={data}
        error={error ?? create.error}
        empty={texts.noKeys}
        trackBy={({ id }) => id}
        actions={[
          <PermitButton
            key="create"
            permit={{ action: 'iam:CreateAccessKey', resource: arn }}
            loading={create.isPending}
            onClick={() => create.mutate()}
          >
            {texts.createKey}
          </PermitButton>,
          <ShowCli key="cli" name="CreateAccessKey" input={{ UserName }} />,
        ]}
        columns={[
          { id: 'id', header: texts.keyId, value: ({ id }) => id },
          {
            id: 'status',
            header: texts.status,
            value: ({ isActive }) => (isActive ? texts.active : texts.inactive),
            cell: ({ isActive }) => (
              <StatusIndicator type={isActive ? 'success' : 'stopped'}>
                {isActive ? texts.active : texts.inactive}
              </StatusIndicator>
            ),
          },
          { id: 'created', header: texts.created, value: ({ created }) => showTime(created) },
          {
            id: 'used',
            header: texts.lastUsed,
            value: ({ used }) => (used === undefined ? texts.never : showTime(used)),
          },
        ]}
        more={[
          {
            id: 'actions',
            header: texts.actions,
            cell: ({ id, isActive }) => (
              <SpaceBetween direction="horizontal" size="xs">
                <RowAction
                  label={isActive ? texts.deactivate : texts.activate}
                  of={id}
                  permit={{ action: 'iam:UpdateAccessKey', resource: arn }}
                  calls={[
                    {
                      name: 'UpdateAccessKey',
                      input: { UserName, AccessKeyId: id, Status: isActive ? 'Inactive' : 'Active' },
                    },
                  ]}
                  done={texts.done}
                  changes={CHANGES}
                />
                <RowAction
                  label={texts.delete}
                  of={id}
                  permit={{ action: 'iam:DeleteAccessKey', resource: arn }}
                  calls={[{ name: 'DeleteAccessKey', input: { UserName, AccessKeyId: id } }]}
                  done={texts.done}
                  changes={CHANGES}
                />
              </SpaceBetween>
            ),
          },
        ]}
      />
      {made !== undefined && <Secret made={made} onClose={() => setMade(undefined)} />}
    </div>
  )
}

async function keysOf(UserName: string) {
  const keys = await listAll('ListAccessKeys', { UserName }, (output) => output.AccessKeyMetadata)
  return Promise.all(
    keys.map(async ({ AccessKeyId = '', Status, CreateDate }) => {
      const { AccessKeyLastUsed } = await callIam('GetAccessKeyLastUsed', { AccessKeyId })
      return {
        id: AccessKeyId,
        isActive: Status === 'Active',
        created: CreateDate,
        used: AccessKeyLastUsed?.LastUsedDate,
      }
    }),
  )
}

type SecretProps = { readonly made: NewKey; readonly onClose: () => void }

function Secret({ made: { id, secret }, onClose }: SecretProps): ReactNode {
  return (
    <Modal
      visible
      header={texts.newKey}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button
              onClick={() =>
                saveFile(`${id}.csv`, formatCsv([texts.keyId, texts.secret], [[id, secret]]), 'text/csv')
              }
            >
              {texts.download}
            </Button>
            <Button variant="primary" onClick={onClose}>
              {TEXTS.common.close}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">{texts.newKeyAbout}</Alert>
        <KeyValuePairs
          items={[
            { label: texts.keyId, value: <CopyText text={id} /> },
            { label: texts.secret, value: <CopyText text={secret} /> },
          ]}
        />
      </SpaceBetween>
    </Modal>
  )
}
