import { KmsError } from '../../api/errors.ts'
import { list, optional, text } from '../../api/shapes.ts'
import type { Call } from '../../dispatch/operation.ts'
import { type Records, replace, type Stored } from '../../store/records.ts'
import { parseTrailName } from '../names.ts'
import { mergeTags } from '../outputs.ts'
import { RESOURCE_TAG_ANSWER } from '../trail-answers.ts'
import { trailOperation } from '../trail-operation.ts'
import { TRAIL, type TrailValue, trailRecordName } from '../trail-records.ts'
import { TAGS, TEXT } from '../trail-shapes.ts'

const addTags = trailOperation(
  {
    name: 'AddTags',
    readOnly: false,
    input: { ResourceId: TEXT, TagsList: TAGS },
    resource: ({ input }) => input.ResourceId,
  },
  async ({ call, input, dependencies }) => {
    const trail = await findTagged(dependencies.records, call, input.ResourceId)
    const tags = mergeTags(trail.value.tags, input.TagsList)
    return { output: {}, changes: [replace(trail, { ...trail.value, tags })] }
  },
)

const removeTags = trailOperation(
  {
    name: 'RemoveTags',
    readOnly: false,
    input: { ResourceId: TEXT, TagsList: TAGS },
    resource: ({ input }) => input.ResourceId,
  },
  async ({ call, input, dependencies }) => {
    const trail = await findTagged(dependencies.records, call, input.ResourceId)
    const gone = new Set(input.TagsList.map(({ Key }) => Key))
    const tags = trail.value.tags.filter(({ key }) => !gone.has(key))
    return { output: {}, changes: [replace(trail, { ...trail.value, tags })] }
  },
)

const listTags = trailOperation(
  {
    name: 'ListTags',
    readOnly: true,
    input: { ResourceIdList: list(TEXT, { min: 1, max: 20 }), NextToken: optional(TEXT) },
    output: { NextToken: text(), ResourceTagList: list(RESOURCE_TAG_ANSWER) },
  },
  async ({ call, input, dependencies }) => {
    if (input.NextToken !== undefined) throw new KmsError('InvalidTokenException', 'The token is not valid.')
    const trails = await Promise.all(
      input.ResourceIdList.map((id) => findTagged(dependencies.records, call, id)),
    )
    const tagged = trails.map(({ value }, index) => ({
      ResourceId: input.ResourceIdList[index],
      TagsList: value.tags.map(({ key, value: text }) => ({ Key: key, Value: text })),
    }))
    return { output: { ResourceTagList: tagged } }
  },
)

/** The trail with this ARN. @throws CloudTrailARNInvalidException, ResourceNotFoundException. */
async function findTagged(records: Records, call: Call, arn: string): Promise<Stored<TrailValue>> {
  if (!arn.startsWith('arn:'))
    throw new KmsError('CloudTrailARNInvalidException', `The ARN ${arn} is not valid.`)
  const { region, account, name } = parseTrailName(call, arn)
  const own = account === call.caller.account
  const trail = own ? await records.get(TRAIL, account, trailRecordName(region, name)) : undefined
  if (trail === undefined) throw new KmsError('ResourceNotFoundException', `The trail ${arn} does not exist.`)
  return trail
}

/** Operations on the tags of trails. */
export const TAG_OPERATIONS = [addTags, removeTags, listTags]
