import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call } from '../../api/client.ts'
import { Failure } from '../../shared/failure.tsx'
import { type Pair, PairFields } from '../../shared/pair-fields.tsx'
import { ShowCommands } from '../../shared/show-cli.tsx'
import { useKeyAction } from '../../shared/use-action.ts'
import { TEXTS } from '../../texts/en.ts'
import type { KeyProps } from './key.tsx'

const { key: texts, create, common } = TEXTS
/** More tags than a key may have. Source: KMS Developer Guide, "Resource quotas". */
const TAGS_MAX = 50

/** The tags of a key. */
export function TagsTab({ facts }: KeyProps): ReactNode {
  const { KeyId, region } = facts
  const { data = [], error } = useQuery({
    queryKey: ['key', region, KeyId, 'tags'],
    queryFn: async () =>
      ((await call('ListResourceTags', { KeyId, Limit: TAGS_MAX })).Tags ?? []).map(
        ({ TagKey: key = '', TagValue: value = '' }) => ({ key, value }),
      ),
  })
  const [edited, setEdited] = useState<readonly Pair[]>()
  const save = useKeyAction(region, KeyId, {
    run: async (tags: readonly Pair[]) => {
      for (const { name, input } of tagCalls(KeyId, data, tags)) await call(name, input)
      setEdited(undefined)
    },
    done: texts.saved,
  })
  return (
    <Container>
      <SpaceBetween size="m">
        <PairFields
          pairs={edited ?? data}
          onChange={setEdited}
          texts={{ add: create.addTag, empty: create.noTags, key: create.tagKey, value: create.tagValue }}
        />
        <Failure error={error ?? save.error} />
        <Button
          variant="primary"
          disabled={edited === undefined}
          loading={save.isPending}
          onClick={() => save.mutate(edited ?? data)}
        >
          {common.save}
        </Button>
        <ShowCommands calls={edited === undefined ? listCalls(KeyId) : tagCalls(KeyId, data, edited)} />
      </SpaceBetween>
    </Container>
  )
}

function listCalls(KeyId: string) {
  return [{ name: 'ListResourceTags' as const, input: { KeyId, Limit: TAGS_MAX } }]
}

/** Returns the calls that make the tags of a key these: only what has changed is sent. */
function tagCalls(KeyId: string, before: readonly Pair[], after: readonly Pair[]) {
  const gone = before.filter(({ key }) => after.every((tag) => tag.key !== key)).map(({ key }) => key)
  const set = after.filter(({ key, value }) => !before.some((tag) => tag.key === key && tag.value === value))
  const tags = set.map(({ key, value }) => ({ TagKey: key, TagValue: value }))
  return [
    ...(gone.length > 0 ? [{ name: 'UntagResource' as const, input: { KeyId, TagKeys: gone } }] : []),
    ...(tags.length > 0 ? [{ name: 'TagResource' as const, input: { KeyId, Tags: tags } }] : []),
  ]
}
