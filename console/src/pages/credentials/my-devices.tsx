import Button from '@cloudscape-design/components/button'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { callIam, listAll } from '../../api/iam.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { showTime } from '../../shared/form.ts'
import { notify } from '../../shared/notices.tsx'
import { CREDENTIALS_TEXTS as texts } from '../../texts/en/credentials.ts'
import { TEXTS } from '../../texts/en.ts'
import { AddDevice } from './add-device.tsx'

const { common } = TEXTS

/** The MFA devices of a user, who adds and removes them. */
export function MyDevices({ userName: UserName }: { readonly userName: string }): ReactNode {
  const queries = useQueryClient()
  const [isAdding, setAdding] = useState(false)
  const queryKey = ['my-mfa-devices', UserName]
  const { data, error } = useQuery({
    queryKey,
    queryFn: () => listAll('ListMFADevices', { UserName }, ({ MFADevices }) => MFADevices),
  })
  const changed = async (header: string): Promise<void> => {
    notify({ type: 'success', header })
    await queries.invalidateQueries({ queryKey })
  }
  const remove = useMutation({
    mutationFn: async (SerialNumber: string) => {
      await callIam('DeactivateMFADevice', { UserName, SerialNumber })
      await callIam('DeleteVirtualMFADevice', { SerialNumber })
    },
    onSuccess: () => changed(texts.removed),
  })
  return (
    <>
      <DataTable
        title={texts.mfa}
        description={texts.mfaMore}
        name={`${UserName}-mfa-devices`}
        items={data}
        error={error ?? remove.error}
        empty={texts.noMfa}
        trackBy={({ SerialNumber = '' }) => SerialNumber}
        actions={[
          <Button key="add" onClick={() => setAdding(true)}>
            {texts.add}
          </Button>,
        ]}
        columns={[
          { id: 'serial', header: texts.serial, value: ({ SerialNumber }) => SerialNumber },
          { id: 'enabled', header: texts.enabled, value: ({ EnableDate }) => showTime(EnableDate) },
        ]}
        more={[
          {
            id: 'remove',
            header: common.remove,
            cell: ({ SerialNumber = '' }) => (
              <Button
                variant="inline-link"
                ariaLabel={`${common.remove} ${SerialNumber}`}
                onClick={() => remove.mutate(SerialNumber)}
              >
                {common.remove}
              </Button>
            ),
          },
        ]}
      />
      {isAdding && (
        <AddDevice
          userName={UserName}
          onEnd={(isAdded) => {
            setAdding(false)
            if (isAdded) void changed(texts.added)
          }}
        />
      )}
    </>
  )
}
