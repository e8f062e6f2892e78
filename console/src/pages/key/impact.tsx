import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { keyImpact } from '../../api/impact.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { IMPACT_TEXTS as texts } from '../../texts/en/key.ts'
import { fill } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'

/** What fails without a key, and who has used it: people see it before they disable or delete the key. */
export function Impact({ facts }: KeyProps): ReactNode {
  const { KeyId, region } = facts
  const { data, error } = useQuery(keyImpact(region, KeyId))
  if (error !== null) {
    return (
      <Alert type="warning">
        {texts.notKnown} {error.message}
      </Alert>
    )
  }
  if (data === undefined) return <StatusIndicator type="loading">{texts.reading}</StatusIndicator>
  const { users, moreUsers, consequences, grants, statements, isCurrent } = data
  return (
    <SpaceBetween size="s">
      <Alert
        type={consequences.length === 0 ? 'info' : 'warning'}
        header={consequences.length === 0 ? texts.noConsequences : texts.consequences}
      >
        {consequences.length > 0 && (
          <ul>
            {consequences.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        )}
        <Box color="inherit">
          {fill(texts.counts, { grants: String(grants), statements: String(statements) })}
        </Box>
        {!isCurrent && <Box color="inherit">{texts.notCurrent}</Box>}
      </Alert>
      <DataTable
        title={texts.users}
        name={`impact-${KeyId}`}
        items={users}
        trackBy={({ Principal, Operation }) => `${Principal} ${Operation}`}
        empty={texts.usersEmpty}
        pageSize={5}
        columns={[
          { id: 'principal', header: texts.principal, value: ({ Principal }) => Principal },
          { id: 'operation', header: texts.operation, value: ({ Operation }) => Operation },
          { id: 'calls', header: texts.calls, value: ({ Calls }) => Calls },
          { id: 'last', header: texts.last, value: ({ Last }) => Last },
        ]}
      />
      {moreUsers > 0 && <Box>{fill(texts.moreUsers, { count: String(moreUsers) })}</Box>}
    </SpaceBetween>
  )
}
