import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Toggle from '@cloudscape-design/components/toggle'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Call } from '../../api/cli.ts'
import { call } from '../../api/client.ts'
import { Failure } from '../../shared/failure.tsx'
import { showTime } from '../../shared/form.ts'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'
import { Materials } from './materials.tsx'

const { key: texts, common } = TEXTS

/** How the key material is rotated, and what there was. */
export function RotationTab({ facts }: KeyProps): ReactNode {
  if (facts.KeySpec !== 'SYMMETRIC_DEFAULT') return <Alert>{texts.noRotation}</Alert>
  return (
    <SpaceBetween size="l">
      {facts.Origin === 'AWS_KMS' && <Schedule facts={facts} />}
      <Materials facts={facts} />
    </SpaceBetween>
  )
}

const DAYS_BY_DEFAULT = '365'

function Schedule({ facts }: KeyProps): ReactNode {
  const { KeyId, region } = facts
  const { data, error } = useQuery({
    queryKey: ['key', region, KeyId, 'rotation'],
    queryFn: () => call('GetKeyRotationStatus', { KeyId }),
  })
  const [typed, setTyped] = useState<string>()
  const days = typed ?? String(data?.RotationPeriodInDays ?? DAYS_BY_DEFAULT)
  const input = { KeyId, RotationPeriodInDays: Number(days) }
  const set = useKeyAction(region, KeyId, {
    run: (isOn: boolean) => (isOn ? call('EnableKeyRotation', input) : call('DisableKeyRotation', { KeyId })),
    done: texts.saved,
  })
  const off: Call = { name: 'DisableKeyRotation', input: { KeyId } }
  const isOn = data?.KeyRotationEnabled === true
  return (
    <Container>
      <SpaceBetween size="m">
        <Failure error={error ?? set.error} />
        <Toggle
          checked={isOn}
          disabled={data === undefined || set.isPending}
          onChange={({ detail }) => set.mutate(detail.checked)}
        >
          {texts.rotationOn}
        </Toggle>
        <FormField label={texts.period}>
          <Input value={days} inputMode="numeric" onChange={({ detail }) => setTyped(detail.value)} />
        </FormField>
        {isOn && (
          <Button disabled={typed === undefined} onClick={() => set.mutate(true)}>
            {common.save}
          </Button>
        )}
        {data?.NextRotationDate !== undefined && (
          <Box>
            {texts.next}: {showTime(data.NextRotationDate)}
          </Box>
        )}
        <ShowCommands calls={[isOn && typed === undefined ? off : { name: 'EnableKeyRotation', input }]} />
      </SpaceBetween>
    </Container>
  )
}
