import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import ContentLayout from '@cloudscape-design/components/content-layout'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Link from '@cloudscape-design/components/link'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type FormEvent, type ReactNode, useState } from 'react'
import { chooseTheme, chosenTheme, THEMES } from '../../app/theme.ts'
import { changeRegion, useSession } from '../../session/session.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { PLACES, useFollow } from '../../shared/follow.ts'
import { showTime } from '../../shared/form.ts'
import { notify } from '../../shared/notices.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { CREDENTIALS_TEXTS } from '../../texts/en/credentials.ts'
import { SETTINGS_TEXTS as texts } from '../../texts/en/settings.ts'
import { fill } from '../../texts/en.ts'

const MS_PER_SECOND = 1000

/** What a person chooses for itself. */
export function Settings(): ReactNode {
  const { arn, account, expiresAt } = useSession()
  const follow = useFollow()
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={texts.about}>
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Container
          header={<Header variant="h2">{texts.you}</Header>}
          footer={
            <SpaceBetween direction="horizontal" size="l">
              <Link href={PLACES.credentials} onFollow={follow}>
                {CREDENTIALS_TEXTS.title}
              </Link>
              <ShowCli name="GetCallerIdentity" input={{}} />
            </SpaceBetween>
          }
        >
          <KeyValuePairs
            columns={3}
            items={[
              { label: texts.arn, value: <CopyText text={arn} /> },
              { label: texts.account, value: account },
              { label: texts.until, value: showTime(expiresAt / MS_PER_SECOND) },
            ]}
          />
        </Container>
        <Appearance />
        <Region />
      </SpaceBetween>
    </ContentLayout>
  )
}

function Appearance(): ReactNode {
  const [theme, setTheme] = useState(chosenTheme)
  return (
    <Container header={<Header variant="h2">{texts.appearance}</Header>}>
      <FormField label={texts.theme}>
        <RadioGroup
          value={theme}
          items={THEMES.map((value) => ({ value, label: texts.themes[value] }))}
          onChange={({ detail }) => {
            const chosen = THEMES.find((one) => one === detail.value)
            if (chosen === undefined) return
            chooseTheme(chosen)
            setTheme(chosen)
          }}
        />
      </FormField>
    </Container>
  )
}

/** Source: AWS General Reference, "Regional endpoints". */
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/

function Region(): ReactNode {
  const { region } = useSession()
  const [typed, setTyped] = useState(region)
  const isRegion = REGION.test(typed)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (!isRegion) return
    changeRegion(typed)
    notify({ type: 'success', header: fill(texts.used, { region: typed }) })
  }
  return (
    <Container header={<Header variant="h2">{texts.region}</Header>}>
      <form onSubmit={submit}>
        <SpaceBetween size="m">
          <FormField
            label={texts.regionLabel}
            description={texts.regionAbout}
            errorText={isRegion ? undefined : texts.wrong}
          >
            <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} />
          </FormField>
          <Button formAction="submit" disabled={!isRegion || typed === region}>
            {texts.use}
          </Button>
        </SpaceBetween>
      </form>
    </Container>
  )
}
