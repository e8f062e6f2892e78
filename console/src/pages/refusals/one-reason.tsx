import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { type ReactNode, useState } from 'react'
import { nameOf, type RefusalGroup } from '../../api/refusals.ts'
import { showTime } from '../../shared/form.ts'
import { shortText } from '../../shared/plain-text.tsx'
import { REFUSAL_TEXTS as texts } from '../../texts/en/refusals.ts'
import { fill } from '../../texts/en.ts'
import { Explanation } from '../explain/explanation.tsx'

type ReasonProps = { readonly reason: string; readonly groups: readonly RefusalGroup[] }

/** The refusals that have one reason. */
export function OneReason({ reason, groups }: ReasonProps): ReactNode {
  const calls = groups.reduce((sum, { Calls = 0 }) => sum + Calls, 0)
  return (
    <Container
      header={
        <Header variant="h2" counter={`(${calls})`}>
          <span className="plain-text">{shortText(reason)}</span>
        </Header>
      }
    >
      <SpaceBetween size="s">
        {groups.map((group) => (
          <Group key={nameOf(group)} group={group} />
        ))}
      </SpaceBetween>
    </Container>
  )
}

/** Calls that are alike; the latest is explained when somebody opens them. */
function Group({ group }: { readonly group: RefusalGroup }): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const { Principal = '', EventSource = '', EventName = '', Resources = [], Calls = 0, LastTime } = group
  const [id] = group.EventIds ?? []
  const calls = Calls === 1 ? texts.oneCall : fill(texts.calls, { calls: String(Calls) })
  return (
    <ExpandableSection
      expanded={isOpen}
      onChange={({ detail }) => setOpen(detail.expanded)}
      headerText={fill(texts.group, {
        who: shortText(Principal),
        operation: shortText(`${EventSource.split('.')[0]}:${EventName}`),
      })}
      headerDescription={[
        fill(texts.groupMore, { calls, last: showTime(LastTime) }),
        ...Resources.map((resource) => shortText(resource)),
      ].join(' · ')}
    >
      {isOpen && id !== undefined && <Explanation id={id} />}
    </ExpandableSection>
  )
}
