import { list, text, textMap } from '../../api/shapes.ts'
import { replace } from '../../store/records.ts'
import { type Found, findFunction, permissionOn, present, requestTags } from '../access.ts'
import { type LambdaCall, lambdaOperation } from '../call.ts'
import { checkTags } from '../configuration.ts'
import type { Tag } from '../function-record.ts'
import { invalidParameter } from '../lambda-error.ts'

const RESOURCE = text({ min: 1, max: 256 })

/** Tags are of a function, which its ARN names. */
function findTagged(call: LambdaCall, arn: string): Promise<Found> {
  if (!arn.startsWith('arn:')) throw invalidParameter('The resource must be the ARN of a function.')
  return findFunction(call, arn)
}

/** Adds tags to a function. Source: Lambda API Reference, "TagResource". */
export const tagResource = lambdaOperation({
  name: 'TagResource',
  eventName: 'TagResource20170331v2',
  readOnly: false,
  body: 'json',
  members: { Resource: RESOURCE, Tags: textMap() },
  begin: async (call, input) => {
    const found = await findTagged(call, input.Resource)
    const added = checkTags(input.Tags)
    return {
      permissions: [permissionOn(found, 'TagResource', call, requestTags(added))],
      run: async () => {
        const record = present(found)
        const all = new Map([...record.value.tags, ...added].map(({ key, value }) => [key, value]))
        const tags = checkTags(all)
        return { answer: { status: 204 }, changes: [replace(record, { ...record.value, tags })] }
      },
    }
  },
})

/** Removes tags from a function. Source: Lambda API Reference, "UntagResource". */
export const untagResource = lambdaOperation({
  name: 'UntagResource',
  eventName: 'UntagResource20170331v2',
  readOnly: false,
  body: 'none',
  members: { Resource: RESOURCE, TagKeys: list(text({ min: 1, max: 128 }), { max: 50 }) },
  begin: async (call, input) => {
    const found = await findTagged(call, input.Resource)
    const keys = new Set(input.TagKeys)
    const named: readonly Tag[] = input.TagKeys.map((key) => ({ key, value: '' }))
    return {
      permissions: [
        permissionOn(found, 'UntagResource', call, (key) =>
          key === 'aws:tagkeys' ? requestTags(named)(key) : undefined,
        ),
      ],
      run: async () => {
        const record = present(found)
        const tags = record.value.tags.filter(({ key }) => !keys.has(key))
        return { answer: { status: 204 }, changes: [replace(record, { ...record.value, tags })] }
      },
    }
  },
})

/** Shows the tags of a function. Source: Lambda API Reference, "ListTags". */
export const listTags = lambdaOperation({
  name: 'ListTags',
  eventName: 'ListTags20170331',
  readOnly: true,
  body: 'none',
  members: { Resource: RESOURCE },
  begin: async (call, input) => {
    const found = await findTagged(call, input.Resource)
    return {
      permissions: [permissionOn(found, 'ListTags', call)],
      run: async () => {
        const { tags } = present(found).value
        return { answer: { body: { Tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) } } }
      },
    }
  },
})
