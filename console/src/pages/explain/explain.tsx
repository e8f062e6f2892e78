import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import ContentLayout from '@cloudscape-design/components/content-layout'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useState } from 'react'
import { REFUSAL_TEXTS } from '../../texts/en/refusals.ts'
import { Explanation } from './explanation.tsx'
import { parseExplainSearch } from './search.ts'

const { explain: texts } = REFUSAL_TEXTS
const route = getRouteApi('/explain')

/** Says why one recorded call ended as it did. */
export function Explain(): ReactNode {
  const { id = '' } = parseExplainSearch(route.useSearch())
  const navigate = route.useNavigate()
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={texts.about}>
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Ask key={id} id={id} onAsk={(next) => void navigate({ search: { id: next } })} />
        {id !== '' && (
          <Container>
            <Explanation id={id} />
          </Container>
        )}
      </SpaceBetween>
    </ContentLayout>
  )
}

type AskProps = { readonly id: string; readonly onAsk: (id: string) => void }

function Ask({ id, onAsk }: AskProps): ReactNode {
  const [typed, setTyped] = useState(id)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (typed.trim() !== '') onAsk(typed.trim())
  }
  return (
    <Container>
      <form onSubmit={submit}>
        <SpaceBetween size="m">
          <FormField label={texts.id} description={texts.idAbout} stretch>
            <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} />
          </FormField>
          <Button formAction="submit" variant={id === '' ? 'primary' : 'normal'}>
            {texts.run}
          </Button>
        </SpaceBetween>
      </form>
    </Container>
  )
}
