import Alert from '@cloudscape-design/components/alert'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { useSession } from '../../session/session.ts'
import { CREDENTIALS_TEXTS as texts } from '../../texts/en/credentials.ts'
import { ChangePassword } from './change-password.tsx'
import { MyDevices } from './my-devices.tsx'

/** The password and MFA devices of the person who has signed in. */
export function Credentials(): ReactNode {
  const { user, role } = useSession()
  return (
    <SpaceBetween size="l">
      <Header variant="h1">{texts.title}</Header>
      {user === null && <Alert type="info">{role === null ? texts.root : texts.role}</Alert>}
      {user !== null && <ChangePassword />}
      {role === null && <MyDevices userName={user ?? undefined} />}
    </SpaceBetween>
  )
}
