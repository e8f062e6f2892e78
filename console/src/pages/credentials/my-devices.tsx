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
import { AddPasskey, PasskeyButton } from './add-passkey.tsx'

const { common } = TEXTS

const isPasskey = (serial: string): boolean => serial.includes(':u2f/')

/** The MFA devices and passkeys of a user, or of the root user, who adds and removes them. */
export function MyDevices({ userName: UserName }: { readonly userName: string | undefined }): ReactNode {
  const queries = useQueryClient()
  const [adding, setAdding] = useState<'app' | 'passkey'>()
  const queryKey = ['my-mfa-devices', UserName]
  const named = UserName === undefined ? {} : { UserName }
  const { data, error } = useQuery({
    queryKey,
    queryFn: () => listAll('ListMFADevices', named, ({ MFADevices }) => MFADevices),
  })
  const changed = async (header: string): Promise<void> => {
    notify({ type: 'success', header })
    await queries.invalidateQueries({ queryKey })
  }
  const ended = (isAdded: boolean): void => {
    setAdding(undefined)
    if (isAdded) void changed(texts.added)
  }
  const remove = useMutation({
    mutationFn: async (SerialNumber: string) => {
      await callIam('DeactivateMFADevice', { ...named, SerialNumber })
      if (!isPasskey(SerialNumber)) await callIam('DeleteVirtualMFADevice', { SerialNumber })
    },
    onSuccess: () => changed(texts.removed),
  })
  return (
    <>
      <DataTable
        title={texts.mfa}
        description={UserName === undefined ? texts.mfaRoot : texts.mfaMore}
        name={`${UserName ?? 'root'}-mfa-devices`}
        items={data}
        error={error ?? remove.error}
        empty={texts.noMfa}
        trackBy={({ SerialNumber = '' }) => SerialNumber}
        actions={[
          ...(UserName === undefined
            ? []
            : [
                <Button key="add" onClick={() => setAdding('app')}>
                  {texts.add}
                </Button>,
              ]),
          <PasskeyButton key="passkey" onClick={() => setAdding('passkey')} />,
        ]}
        columns={[
          {
            id: 'kind',
            header: texts.kind,
            value: ({ SerialNumber = '' }) => (isPasskey(SerialNumber) ? texts.passkey : texts.app),
          },
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
      {adding === 'app' && UserName !== undefined && <AddDevice userName={UserName} onEnd={ended} />}
      {adding === 'passkey' && <AddPasskey onEnd={ended} />}
    </>
  )
}
