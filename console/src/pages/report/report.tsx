import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import ContentLayout from '@cloudscape-design/components/content-layout'
import FileUpload from '@cloudscape-design/components/file-upload'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useEffect, useState } from 'react'
import { CopyText } from '../../shared/copy-text.tsx'
import { REPORT_TEXTS as texts } from '../../texts/en/report.ts'
import { fill, TEXTS } from '../../texts/en.ts'
import { parseReport, type ReportFile } from './report-file.ts'
import { ReportView } from './report-view.tsx'
import { checkReport, type Problem } from './signed-note.ts'
import { StoredReports } from './stored-reports.tsx'

const { common } = TEXTS

type Outcome = { readonly problem: Problem | 'json' } | { readonly report: ReportFile; readonly name: string }

/** Opens a compliance report, and shows it only if its signature is valid. */
export function Report(): ReactNode {
  const [files, setFiles] = useState<readonly File[]>([])
  const [verifierKey, setVerifierKey] = useState('')
  const outcome = useOutcome(files, verifierKey)
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={texts.about}>
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <StoredReports
          onOpen={({ report, note, key }) => {
            setFiles([report, note])
            if (verifierKey === '') setVerifierKey(key)
          }}
        />
        <Container>
          <SpaceBetween size="m">
            <Box>{texts.how}</Box>
            <CopyText text={texts.command} isBlock />
            <Box>{texts.howMore}</Box>
            <FormField label={texts.files} stretch>
              <FileUpload
                multiple
                accept=".json,.note"
                value={files}
                onChange={({ detail }) => setFiles(detail.value)}
                showFileSize
                i18nStrings={{
                  uploadButtonText: () => texts.choose,
                  dropzoneText: () => texts.choose,
                  removeFileAriaLabel: (index) => `${common.remove} ${files[index]?.name ?? ''}`,
                  limitShowFewer: common.showLess,
                  limitShowMore: common.showMore,
                  errorIconAriaLabel: texts.forged,
                }}
              />
            </FormField>
            <FormField label={texts.verifierKey} description={texts.verifierAbout} stretch>
              <Input
                value={verifierKey}
                spellcheck={false}
                onChange={({ detail }) => setVerifierKey(detail.value)}
              />
            </FormField>
          </SpaceBetween>
        </Container>
        <div aria-live="polite">{outcome !== undefined && <Checked outcome={outcome} />}</div>
      </SpaceBetween>
    </ContentLayout>
  )
}

/** The outcome for these files and this key; nothing while one of them is missing. */
function useOutcome(files: readonly File[], verifierKey: string): Outcome | undefined {
  const [outcome, setOutcome] = useState<Outcome>()
  useEffect(() => {
    let isLast = true
    setOutcome(undefined)
    const json = files.find(({ name }) => name.endsWith('.json'))
    const note = files.find(({ name }) => name.endsWith('.note'))
    if (json !== undefined && note !== undefined && verifierKey !== '') {
      void check(json, note, verifierKey).then((next) => {
        if (isLast) setOutcome(next)
      })
    }
    return () => {
      isLast = false
    }
  }, [files, verifierKey])
  return outcome
}

async function check(json: File, note: File, verifierKey: string): Promise<Outcome> {
  const content = new Uint8Array(await json.arrayBuffer())
  const { name } = json
  const problem = await checkReport({ name, content, note: await note.text(), verifierKey })
  if (problem !== undefined) return { problem }
  const report = parseReport(content)
  return report === undefined ? { problem: 'json' } : { report, name }
}

function Checked({ outcome }: { readonly outcome: Outcome }): ReactNode {
  if ('problem' in outcome) {
    return (
      <Alert type="error" header={texts.forged}>
        {texts.problems[outcome.problem]}
      </Alert>
    )
  }
  return (
    <SpaceBetween size="l">
      <Alert type="success" header={texts.genuine}>
        {fill(texts.genuineMore, { name: outcome.name })}
      </Alert>
      <ReportView report={outcome.report} />
    </SpaceBetween>
  )
}
