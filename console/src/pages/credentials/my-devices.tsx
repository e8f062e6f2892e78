import Button from '@cloudscape-design/components/button'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { IamCall } from '../../api/cli.ts'
import { listAll } from '../../api/iam.ts'
import { useSession } from '../../session/session.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { showTime } from '../../shared/form.ts'
import { notify } from '../../shared/notices.tsx'
import { RowAction } from '../../shared/row-action.tsx'
import { CREDENTIALS_TEXTS as texts } from '../../texts/en/credentials.ts'
import { TEXTS } from '../../texts/en.ts'
import { AddDevice } from './add-device.tsx'
import { AddPasskey, PasskeyButton } from './add-passkey.tsx'

const { common } = TEXTS

const isPasskey = (serial: string): boolean => serial.includes(':u2f/')

type Device = { readonly UserName?: string; readonly SerialNumber: string }

/** A passkey is gone once it is deactivated; a virtual device has to be deleted too. */
function removal(device: Device): readonly IamCall[] {
  const { SerialNumber } = device
  const deactivate: IamCall = { name: 'DeactivateMFADevice', input: device }
  return isPasskey(SerialNumber)
    ? [deactivate]
    : [deactivate, { name: 'DeleteVirtualMFADevice', input: { SerialNumber } }]
}

/** The MFA devices and passkeys of a user, or of the root user, who adds and removes them. */
export function MyDevices({ userName: UserName }: { readonly userName: string | undefined }): ReactNode {
  const queries = useQueryClient()
  const { arn } = useSession()
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
  return (
    <>
      <DataTable
        title={texts.mfa}
        description={UserName === undefined ? texts.mfaRoot : texts.mfaMore}
        name={`${UserName ?? 'root'}-mfa-devices`}
        items={data}
        error={error}
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
              <RowAction
                label={common.remove}
                of={SerialNumber}
                permit={{ action: 'iam:DeactivateMFADevice', resource: arn }}
                calls={removal({ ...named, SerialNumber })}
                done={texts.removed}
                changes={queryKey}
              />
            ),
          },
        ]}
      />
      {adding === 'app' && UserName !== undefined && <AddDevice userName={UserName} onEnd={ended} />}
      {adding === 'passkey' && <AddPasskey onEnd={ended} />}
    </>
  )
}
