import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Steps from '@cloudscape-design/components/steps'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '../../api/client.ts'
import { keyMaterials, type Material } from '../../api/impact.ts'
import { Export } from '../../shared/export.tsx'
import { Failure } from '../../shared/failure.tsx'
import { showTime } from '../../shared/form.ts'
import { PermitButton } from '../../shared/may.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { MATERIAL_TEXTS as texts } from '../../texts/en/key.ts'
import { fill, TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'

/** The key materials of a key as a timeline, and what was decrypted under each. */
export function Materials({ facts }: KeyProps): ReactNode {
  const { KeyId, Arn, region } = facts
  const { data = [], error } = useQuery(keyMaterials(region, KeyId))
  const rotate = useKeyAction(region, KeyId, {
    run: () => call('RotateKeyOnDemand', { KeyId }),
    done: TEXTS.key.rotated,
  })
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={texts.about}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Export
                name={`materials-${KeyId}`}
                items={() => data}
                columns={[
                  { name: TEXTS.key.material, value: ({ MaterialId }) => MaterialId },
                  { name: TEXTS.keys.state, value: ({ State }) => State },
                  { name: texts.from, value: ({ CurrentAt }) => CurrentAt },
                  { name: texts.expires, value: ({ ValidTo }) => ValidTo },
                  { name: texts.decrypts, value: ({ Decrypts }) => Decrypts },
                ]}
              />
              <PermitButton
                permit={{ action: 'kms:RotateKeyOnDemand', resource: Arn }}
                loading={rotate.isPending}
                onClick={() => rotate.mutate(undefined)}
              >
                {TEXTS.key.rotateNow}
              </PermitButton>
            </SpaceBetween>
          }
        >
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Failure error={error ?? rotate.error} />
        <Steps
          ariaLabel={texts.title}
          steps={data.map((material) => ({
            header: `${material.State}: ${material.MaterialId}`,
            details: <MaterialFacts material={material} />,
            status: material.State === 'current' ? ('success' as const) : ('stopped' as const),
            statusIconAriaLabel: material.State,
          }))}
        />
        <ShowCli name="RotateKeyOnDemand" input={{ KeyId }} />
      </SpaceBetween>
    </Container>
  )
}

function MaterialFacts({ material }: { readonly material: Material }): ReactNode {
  const { CurrentAt, ValidTo, Decrypts, Principals } = material
  const time = (text: string): string => showTime(Date.parse(text) / 1000)
  return (
    <Box>
      {CurrentAt !== undefined && (
        <Box>
          {texts.from} {time(CurrentAt)}
        </Box>
      )}
      {ValidTo !== undefined && (
        <Box>
          {texts.expires} {time(ValidTo)}
        </Box>
      )}
      <Box>{Decrypts === 0 ? texts.none : `${texts.decrypts}: ${Decrypts}`}</Box>
      {Principals.length > 0 && (
        <ul>
          {Principals.map(({ Principal, Decrypts: count, Last }) => (
            <li key={Principal}>
              {fill(texts.by, { count: String(count), principal: Principal })} · {texts.lastDecrypt}{' '}
              {time(Last)}
            </li>
          ))}
        </ul>
      )}
    </Box>
  )
}
