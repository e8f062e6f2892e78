import type { ReactNode } from 'react'
import { listAll } from '../../api/iam.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { showTime } from '../../shared/form.ts'
import { ACCESS_TEXTS as texts } from '../../texts/en/access.ts'
import { useAccess } from './use-access.ts'

/** The MFA devices of a user. */
export function MfaDevices({ userName: UserName }: { readonly userName: string }): ReactNode {
  const { data, error } = useAccess(['mfa', UserName], () =>
    listAll('ListMFADevices', { UserName }, ({ MFADevices }) => MFADevices),
  )
  return (
    <DataTable
      title={texts.mfa}
      name={`${UserName}-mfa-devices`}
      items={data}
      error={error}
      empty={texts.noMfa}
      trackBy={({ SerialNumber = '' }) => SerialNumber}
      columns={[
        { id: 'serial', header: texts.serial, value: ({ SerialNumber }) => SerialNumber },
        { id: 'enabled', header: texts.enabled, value: ({ EnableDate }) => showTime(EnableDate) },
      ]}
    />
  )
}
