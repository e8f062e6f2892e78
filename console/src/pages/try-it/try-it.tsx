import ColumnLayout from '@cloudscape-design/components/column-layout'
import Container from '@cloudscape-design/components/container'
import ContentLayout from '@cloudscape-design/components/content-layout'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useForm } from '../../shared/form.ts'
import { type Pair, PairFields } from '../../shared/pair-fields.tsx'
import { TEXTS } from '../../texts/en.ts'
import { Decrypt } from './decrypt.tsx'
import { Encrypt } from './encrypt.tsx'
import { parseTryItSearch } from './search.ts'

const { tryIt: texts, create, common } = TEXTS
const route = getRouteApi('/try')

type Form = { readonly key: string; readonly pairs: readonly Pair[]; readonly ciphertext: string }

/** Encrypts and decrypts in the page; nothing of it is in the address. */
export function TryIt(): ReactNode {
  const { key = '' } = parseTryItSearch(route.useSearch())
  const [form, change] = useForm<Form>({ key, pairs: [], ciphertext: '' })
  const context = Object.fromEntries(
    form.pairs.filter((pair) => pair.key !== '').map((pair) => [pair.key, pair.value]),
  )
  const EncryptionContext = Object.keys(context).length === 0 ? undefined : context
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
            <FormField label={texts.key} description={texts.keyAbout}>
              <Input value={form.key} onChange={({ detail }) => change({ key: detail.value })} />
            </FormField>
            <FormField label={texts.context} description={texts.contextAbout}>
              <PairFields
                pairs={form.pairs}
                onChange={(pairs) => change({ pairs })}
                texts={{ add: texts.addPair, empty: common.none, key: create.tagKey, value: create.tagValue }}
              />
            </FormField>
          </SpaceBetween>
        </Container>
        <ColumnLayout columns={2}>
          <Encrypt
            keyId={form.key.trim()}
            context={EncryptionContext}
            onUse={(ciphertext) => change({ ciphertext })}
          />
          <Decrypt
            context={EncryptionContext}
            ciphertext={form.ciphertext}
            onChange={(ciphertext) => change({ ciphertext })}
          />
        </ColumnLayout>
      </SpaceBetween>
    </ContentLayout>
  )
}
