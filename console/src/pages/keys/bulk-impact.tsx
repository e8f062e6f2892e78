import Alert from '@cloudscape-design/components/alert'
import Link from '@cloudscape-design/components/link'
import ProgressBar from '@cloudscape-design/components/progress-bar'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { type KeyImpact, keyImpact } from '../../api/impact.ts'
import type { KeySummary } from '../../api/key-summaries.ts'
import { patiently } from '../../api/what-if.ts'
import { useSession } from '../../session/session.ts'
import { shortAlias } from '../../shared/alias.tsx'
import { DataTable } from '../../shared/data-table.tsx'
import { PLACES, useFollow } from '../../shared/follow.ts'
import { visibleText } from '../../shared/plain-text.tsx'
import { IMPACT_TEXTS } from '../../texts/en/key.ts'
import { BULK_TEXTS as texts } from '../../texts/en/keys.ts'
import { fill } from '../../texts/en.ts'

/** What is known of the keys so far: an impact, or why it is unknown. */
type Known = ReadonlyMap<string, KeyImpact | Error>

/** Time between two calls: a refused one would be in the audit log. Source: docs/reference/usage.md, two calls a second. */
const PAUSE_MS = 500
/** Keys that a page of the table shows. */
const PAGE_SIZE = 5

/** What depends on each of the keys, worst first: read one after the other, at the rate of the server. */
export function BulkImpact({ keys }: { readonly keys: readonly KeySummary[] }): ReactNode {
  const known = useImpacts(keys.map(({ KeyId = '' }) => KeyId))
  const follow = useFollow()
  const rows = keys.map((key) => rowOf(key, known)).toSorted((one, other) => other.weight - one.weight)
  const inUse = rows.filter(({ callers = 0 }) => callers > 0).length
  return (
    <SpaceBetween size="s">
      {known.size < keys.length && (
        <ProgressBar
          label={texts.impactReading}
          value={(100 * known.size) / keys.length}
          additionalInfo={fill(texts.progress, { done: String(known.size), count: String(keys.length) })}
        />
      )}
      {inUse > 0 && (
        <Alert type="warning" header={fill(texts.impactInUse, { count: String(inUse) })}>
          {texts.impactInUseMore}
        </Alert>
      )}
      <DataTable
        title={texts.impactTitle}
        name="impact"
        items={rows}
        trackBy={({ keyId }) => keyId}
        empty=""
        pageSize={PAGE_SIZE}
        columns={[
          {
            id: 'key',
            header: texts.keys,
            value: ({ name }) => name,
            cell: ({ keyId, name }) => (
              <Link href={PLACES.key(keyId)} onFollow={follow}>
                {visibleText(name)}
              </Link>
            ),
          },
          { id: 'callers', header: texts.impactCallers, value: ({ callers }) => callers },
          { id: 'last', header: IMPACT_TEXTS.last, value: ({ last }) => last },
          { id: 'what', header: IMPACT_TEXTS.consequences, value: ({ what }) => what },
        ]}
      />
    </SpaceBetween>
  )
}

type Row = {
  readonly keyId: string
  readonly name: string
  /** Principals that have used the key for cryptography. */
  readonly callers: number | undefined
  readonly last: string | undefined
  readonly what: string
  readonly weight: number
}

function rowOf({ KeyId = '', Aliases: [alias] = [] }: KeySummary, known: Known): Row {
  const name = alias === undefined ? KeyId : `${shortAlias(alias)} (${KeyId})`
  const impact = known.get(KeyId)
  const one = { keyId: KeyId, name, callers: undefined, last: undefined, weight: 0 }
  if (impact === undefined) return { ...one, what: texts.impactUnread }
  if (impact instanceof Error) return { ...one, what: `${IMPACT_TEXTS.notKnown} ${impact.message}` }
  const used = impact.users.filter(({ Cryptographic }) => Cryptographic)
  const callers = new Set(used.map(({ Principal }) => Principal)).size
  const last = used
    .map(({ Last }) => Last)
    .toSorted()
    .at(-1)
  const { consequences } = impact
  const what = consequences.length === 0 ? IMPACT_TEXTS.noConsequences : consequences.join('; ')
  return { keyId: KeyId, name, callers, last, what, weight: 1 + callers + consequences.length }
}

/** Reads the impact of one key after the other, as long as the dialog is open. */
function useImpacts(keyIds: readonly string[]): Known {
  const { region } = useSession()
  const queries = useQueryClient()
  const [known, setKnown] = useState<Known>(new Map())
  const names = keyIds.join(' ')
  useEffect(() => {
    const stop = new AbortController()
    const read = async (): Promise<void> => {
      for (const keyId of names.split(' ')) {
        const found = await patiently(() => queries.fetchQuery(keyImpact(region, keyId)), stop.signal).catch(
          (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
        )
        if (stop.signal.aborted) return
        setKnown((now) => new Map([...now, [keyId, found]]))
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
    void read()
    return () => stop.abort()
  }, [names, region, queries])
  return known
}
