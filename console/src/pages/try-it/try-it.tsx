import Container from '@cloudscape-design/components/container'
import ContentLayout from '@cloudscape-design/components/content-layout'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Tabs from '@cloudscape-design/components/tabs'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { keyFacts } from '../../api/keys.ts'
import { useSession } from '../../session/session.ts'
import { useForm } from '../../shared/form.ts'
import { PairFields } from '../../shared/pair-fields.tsx'
import { TRY_TEXTS as texts } from '../../texts/en/try-it.ts'
import { TEXTS } from '../../texts/en.ts'
import { DataKeys } from './data-keys.tsx'
import { EncryptDecrypt } from './encrypt.tsx'
import { Mac } from './mac.tsx'
import { ReEncrypt } from './re-encrypt.tsx'
import { parseTryItSearch } from './search.ts'
import { Agreement, Encapsulation } from './secrets.tsx'
import { SignVerify } from './sign.tsx'
import { contextOf, type TryPair, type TryTarget, type Way, waysOf } from './try-key.ts'

const { create, common } = TEXTS
const route = getRouteApi('/try')

type Form = {
  /** The key as it is typed, and as it was when the person left the field. */
  readonly typed: string
  readonly chosen: string
  readonly pairs: readonly TryPair[]
  readonly way: Way | undefined
}

/** Uses a key in the page, for what it is for; nothing of it is in the address. */
export function TryIt(): ReactNode {
  const { key = '' } = parseTryItSearch(route.useSearch())
  const { region } = useSession()
  const [form, change] = useForm<Form>({ typed: key, chosen: key, pairs: [], way: undefined })
  const facts = useQuery({ ...keyFacts(region, form.chosen), enabled: form.chosen !== '', retry: false })
  const ways = waysOf(facts.data)
  const way = ways.find((one) => one === form.way) ?? ways[0]
  const isSymmetric = way !== 'sign' && (facts.data?.KeySpec ?? SYMMETRIC) === SYMMETRIC
  const target: TryTarget = {
    keyId: form.typed.trim(),
    context: contextOf(form.pairs),
    encryption: facts.data?.EncryptionAlgorithms ?? [SYMMETRIC],
    signing: facts.data?.SigningAlgorithms ?? [],
    macs: facts.data?.MacAlgorithms ?? [],
  }
  const choose = (): void => change({ chosen: form.typed.trim() })
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={texts.about}>
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Container>
          <SpaceBetween size="m">
            <FormField
              label={texts.key}
              description={texts.keyAbout}
              constraintText={facts.data && `${facts.data.KeySpec}, ${facts.data.KeyUsage}`}
              warningText={facts.error === null ? undefined : texts.unknownKey}
            >
              <Input
                value={form.typed}
                onChange={({ detail }) => change({ typed: detail.value })}
                onBlur={choose}
                onKeyDown={({ detail }) => {
                  if (detail.key === 'Enter') choose()
                }}
              />
            </FormField>
            {isSymmetric && (
              <FormField label={texts.context} description={texts.contextAbout}>
                <PairFields
                  pairs={form.pairs}
                  onChange={(pairs) => change({ pairs })}
                  texts={{
                    add: texts.addPair,
                    empty: common.none,
                    key: create.tagKey,
                    value: create.tagValue,
                  }}
                />
              </FormField>
            )}
          </SpaceBetween>
        </Container>
        <Tabs
          key={`${form.chosen} ${facts.data?.KeyUsage}`}
          activeTabId={way ?? ''}
          onChange={({ detail }) => change({ way: ways.find((one) => one === detail.activeTabId) })}
          tabs={ways.map((id) => ({
            id,
            label: texts.ways[id],
            content: id === way && contentOf(id, target),
          }))}
        />
      </SpaceBetween>
    </ContentLayout>
  )
}

const SYMMETRIC = 'SYMMETRIC_DEFAULT'

function contentOf(way: Way, target: TryTarget): ReactNode {
  switch (way) {
    case 'encrypt':
      return <EncryptDecrypt target={target} />
    case 'reEncrypt':
      return <ReEncrypt target={target} />
    case 'dataKeys':
      return <DataKeys target={target} />
    case 'sign':
      return <SignVerify target={target} />
    case 'mac':
      return <Mac target={target} />
    case 'agreement':
      return <Agreement target={target} />
    case 'encapsulation':
      return <Encapsulation target={target} />
  }
}
