import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import { useServerStatus } from '../../api/server-status.ts'
import { showTime } from '../../shared/form.ts'
import { PlainText } from '../../shared/plain-text.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { fill, TEXTS } from '../../texts/en.ts'

const { custody: texts } = TEXTS

/** How the root key is unlocked, and what there is of backups: for those who look after the server. */
export function Custody(): ReactNode {
  const { data } = useServerStatus()
  if (data?.Release === undefined) return null
  const { Release, UnlockPaths = [], LastBackup, LastRehearsal } = data
  return (
    <Container
      header={<Header variant="h2">{texts.title}</Header>}
      footer={<ShowCli name="GetServerStatus" input={{}} />}
    >
      <KeyValuePairs
        columns={4}
        items={[
          {
            label: texts.paths,
            value: (
              <SpaceBetween size="xxs">
                {UnlockPaths.length === 0 && (
                  <StatusIndicator type="warning">{texts.noPaths}</StatusIndicator>
                )}
                {UnlockPaths.map((path) => (
                  <StatusIndicator
                    key={path.Name}
                    type={path.ProvedDate === undefined ? 'pending' : 'success'}
                    wrapText
                  >
                    <PlainText text={`${path.Name ?? ''} (${path.Type ?? ''})`} />
                    {': '}
                    {path.ProvedDate === undefined
                      ? texts.notProved
                      : fill(texts.proved, { time: showTime(path.ProvedDate) })}
                  </StatusIndicator>
                ))}
              </SpaceBetween>
            ),
          },
          { label: texts.backup, value: <Done at={LastBackup?.Time} missing={texts.noBackup} /> },
          { label: texts.rehearsal, value: <Done at={LastRehearsal?.Time} missing={texts.noRehearsal} /> },
          { label: texts.release, value: Release },
        ]}
      />
    </Container>
  )
}

function Done({ at, missing }: { readonly at: number | undefined; readonly missing: string }): ReactNode {
  return at === undefined ? (
    <StatusIndicator type="warning">{missing}</StatusIndicator>
  ) : (
    <StatusIndicator>{showTime(at)}</StatusIndicator>
  )
}
