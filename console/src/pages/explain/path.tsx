import Box from '@cloudscape-design/components/box'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { ReactNode } from 'react'
import { type Permission, type PolicyTrace, tracesOf } from '../../api/explain.ts'
import { visibleText } from '../../shared/plain-text.tsx'
import { REFUSAL_TEXTS } from '../../texts/en/refusals.ts'
import { fill } from '../../texts/en.ts'

const { explain: texts } = REFUSAL_TEXTS

/** What each policy says of a permission, statement by statement. */
export function Path({ permission }: { readonly permission: Permission }): ReactNode {
  return (
    <SpaceBetween size="m">
      {tracesOf(permission).map((trace, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: policies of a kind may have no name
        <Trace key={index} trace={trace} />
      ))}
    </SpaceBetween>
  )
}

const OUTCOMES = { Allow: 'success', Deny: 'error', Silent: 'stopped' } as const

function Trace({ trace }: { readonly trace: PolicyTrace }): ReactNode {
  const { Kind, Name, AttachedTo, Outcome, Statements = [] } = trace
  const name = [texts.kinds[Kind], Name, AttachedTo].filter((part) => part !== undefined).join(' · ')
  return (
    <Box>
      <StatusIndicator type={OUTCOMES[Outcome]} wrapText>
        {visibleText(name)}: {texts.outcome[Outcome]}
      </StatusIndicator>
      {Statements.length > 0 && (
        <ul>
          {Statements.map((statement) => (
            <li key={statement.Source.Index} className="plain-text">
              {statementText(statement)}
            </li>
          ))}
        </ul>
      )}
    </Box>
  )
}

type StatementTrace = NonNullable<PolicyTrace['Statements']>[number]

function statementText({ Source, Effect, Matched, Misses }: StatementTrace): string {
  const name = fill(texts.statement, { number: String(Source.Index + 1) })
  const sid = Source.Sid === undefined ? '' : `, ${Source.Sid}`
  const outcome = Matched ? texts.matches : fill(texts.noMatch, { why: missesText(Misses) })
  return visibleText(`${name} (${Effect}${sid}) ${outcome}`)
}

function missesText(misses: StatementTrace['Misses']): string {
  const all = misses.map(({ Element, Operator, Key, Wanted, Found = [] }) =>
    fill(texts.miss, {
      element: Operator === undefined ? Element : `${Operator} ${Key}`,
      wanted: Wanted.join(', '),
      found: Found.join(', ') || texts.nothing,
    }),
  )
  return all.join('; ')
}
