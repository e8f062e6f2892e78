import Box from '@cloudscape-design/components/box'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { Diagnostic } from '@codemirror/lint'
import { type ReactNode, useState } from 'react'
import type { PolicyUse } from '../../api/policy-targets.ts'
import { POLICY_TEXTS as texts } from '../../texts/en/policy.ts'
import { fill } from '../../texts/en.ts'
import { CodeEditor } from '../code-editor.tsx'
import { visibleText } from '../plain-text.tsx'
import { lintPolicy } from './lint.ts'
import { sentencesOf } from './sentences.ts'

type Props = {
  readonly label: string
  readonly use: PolicyUse
  readonly value: string
  readonly onChange: (value: string) => void
}

/** A policy to edit, as JSON with its problems, or as sentences. */
export function PolicyText({ label, use, value, onChange }: Props): ReactNode {
  const [view, setView] = useState('json')
  return (
    <SpaceBetween size="s">
      <SegmentedControl
        label={texts.view}
        selectedId={view}
        options={[
          { id: 'json', text: texts.json },
          { id: 'sentences', text: texts.sentences },
        ]}
        onChange={({ detail }) => setView(detail.selectedId)}
      />
      {view === 'json' ? (
        <CodeEditor label={label} value={value} onChange={onChange} lint={(text) => lintPolicy(text, use)} />
      ) : (
        <Sentences text={value} />
      )}
      <Problems text={value} use={use} />
    </SpaceBetween>
  )
}

/** What a policy says, in words. */
function Sentences({ text }: { readonly text: string }): ReactNode {
  const sentences = sentencesOf(text)
  if (sentences.length === 0) return <Box color="text-body-secondary">{texts.noSentences}</Box>
  return (
    <ol>
      {sentences.map(({ sid, text: sentence }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: statements have no other name
        <li key={index}>
          {sid !== '' && <Box variant="awsui-key-label">{visibleText(sid)}</Box>}
          <bdi className="plain-text">{sentence}</bdi>
        </li>
      ))}
    </ol>
  )
}

/** The problems as text: the marks in the editor alone are not for everybody. */
function Problems({ text, use }: { readonly text: string; readonly use: PolicyUse }): ReactNode {
  const problems = lintPolicy(text, use)
  if (problems.length === 0) return <StatusIndicator>{texts.noProblems}</StatusIndicator>
  return (
    <section aria-label={texts.problems} aria-live="polite">
      <SpaceBetween size="xxs">
        {problems.map((problem) => (
          <StatusIndicator
            key={`${problem.from} ${problem.message}`}
            type={problem.severity === 'error' ? 'error' : 'warning'}
            wrapText
          >
            {visibleText(lineOf(text, problem))}
          </StatusIndicator>
        ))}
      </SpaceBetween>
    </section>
  )
}

function lineOf(text: string, { from, message }: Diagnostic): string {
  return fill(texts.line, { line: String(text.slice(0, from).split('\n').length), message })
}
