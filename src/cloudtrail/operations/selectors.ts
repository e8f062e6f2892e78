import { KmsError } from '../../api/errors.ts'
import { boolean, list, oneOf, optional, structure, text } from '../../api/shapes.ts'
import type { EventSelector } from '../../audit-index/collect.ts'
import type { Call } from '../../dispatch/operation.ts'
import { replace } from '../../store/records.ts'
import { findOwnTrail, findTrail, parseTrailName, trailArn } from '../names.ts'
import { selectorOutputs } from '../outputs.ts'
import {
  ADVANCED_EVENT_SELECTOR_ANSWER,
  EVENT_SELECTOR_ANSWER,
  INSIGHT_SELECTOR_ANSWER,
} from '../trail-answers.ts'
import { trailOperation } from '../trail-operation.ts'
import { TEXT, TRAIL_NAME } from '../trail-shapes.ts'

/** Source: AWS CloudTrail User Guide, "Quotas". */
const SELECTORS_MAX = 5
/** Source: AWS CloudTrail API Reference, "EventSelector": sources that can be excluded. */
const EXCLUDABLE = ['kms.amazonaws.com', 'rdsdata.amazonaws.com']

const SELECTOR = structure({
  ReadWriteType: optional(oneOf('ReadOnly', 'WriteOnly', 'All')),
  IncludeManagementEvents: optional(boolean()),
  DataResources: optional(
    list(structure({ Type: optional(TEXT), Values: optional(list(TEXT, { max: 250 })) }), { max: 250 }),
  ),
  ExcludeManagementEventSources: optional(list(TEXT, { max: 10 })),
})

type GivenSelector = {
  readonly ReadWriteType?: EventSelector['readWrite'] | undefined
  readonly IncludeManagementEvents?: boolean | undefined
  readonly DataResources?: readonly unknown[] | undefined
  readonly ExcludeManagementEventSources?: readonly string[] | undefined
}

const putEventSelectors = trailOperation(
  {
    name: 'PutEventSelectors',
    readOnly: false,
    input: {
      TrailName: TRAIL_NAME,
      EventSelectors: optional(list(SELECTOR, { max: 100 })),
      AdvancedEventSelectors: optional(list(structure({ Name: optional(TEXT) }), { max: 500 })),
    },
    output: {
      AdvancedEventSelectors: list(ADVANCED_EVENT_SELECTOR_ANSWER),
      EventSelectors: list(EVENT_SELECTOR_ANSWER),
      TrailARN: text(),
    },
    resource: ({ call, input }) => resourceOf(call, input.TrailName),
  },
  async ({ call, input, dependencies }) => {
    const trail = await findOwnTrail(dependencies.records, call, input.TrailName)
    if (input.AdvancedEventSelectors !== undefined && input.AdvancedEventSelectors.length > 0)
      throw new KmsError('UnsupportedOperationException', 'Advanced event selectors are not supported.')
    const selectors = parseSelectors(input.EventSelectors ?? [])
    const output = {
      TrailARN: trailArn(trail.value.region, call.caller.account, trail.value.name),
      EventSelectors: selectorOutputs(selectors),
    }
    return { output, changes: [replace(trail, { ...trail.value, selectors })] }
  },
)

/** @throws InvalidEventSelectorsException. */
function parseSelectors(given: readonly GivenSelector[]): readonly EventSelector[] {
  if (given.length === 0 || given.length > SELECTORS_MAX)
    throw new KmsError(
      'InvalidEventSelectorsException',
      `1 to ${SELECTORS_MAX} event selectors are required.`,
    )
  return given.map((selector) => {
    const exclude = selector.ExcludeManagementEventSources ?? []
    if ((selector.DataResources ?? []).length > 0)
      throw new KmsError('InvalidEventSelectorsException', 'There are no data events to select.')
    if (exclude.some((source) => !EXCLUDABLE.includes(source)))
      throw new KmsError(
        'InvalidEventSelectorsException',
        `Only ${EXCLUDABLE.join(' and ')} can be excluded.`,
      )
    return {
      readWrite: selector.ReadWriteType ?? 'All',
      management: selector.IncludeManagementEvents ?? true,
      exclude,
    }
  })
}

const getEventSelectors = trailOperation(
  {
    name: 'GetEventSelectors',
    readOnly: true,
    input: { TrailName: TRAIL_NAME },
    output: {
      AdvancedEventSelectors: list(ADVANCED_EVENT_SELECTOR_ANSWER),
      EventSelectors: list(EVENT_SELECTOR_ANSWER),
      TrailARN: text(),
    },
    resource: ({ call, input }) => resourceOf(call, input.TrailName),
  },
  async ({ call, input, dependencies }) => {
    const { value } = await findTrail(dependencies.records, call, input.TrailName)
    const TrailARN = trailArn(value.region, call.caller.account, value.name)
    return { output: { TrailARN, EventSelectors: selectorOutputs(value.selectors) } }
  },
)

const INSIGHTS = optional(TEXT)

const putInsightSelectors = trailOperation(
  {
    name: 'PutInsightSelectors',
    readOnly: false,
    input: {
      TrailName: optional(TRAIL_NAME),
      InsightSelectors: list(
        structure({ InsightType: optional(oneOf('ApiCallRateInsight', 'ApiErrorRateInsight')) }),
        { max: 10 },
      ),
      EventDataStore: INSIGHTS,
      InsightsDestination: INSIGHTS,
    },
    output: {
      EventDataStoreArn: text(),
      InsightSelectors: list(INSIGHT_SELECTOR_ANSWER),
      InsightsDestination: text(),
      TrailARN: text(),
    },
    resource: ({ call, input }) => resourceOf(call, input.TrailName),
  },
  async ({ call, input, dependencies }) => {
    const trail = await findOwnTrail(dependencies.records, call, needName(input))
    const insights = input.InsightSelectors.map(({ InsightType }) => InsightType ?? '')
    if (insights.includes('') || new Set(insights).size < insights.length)
      throw new KmsError('InvalidInsightSelectorsException', 'Each insight selector needs a type of its own.')
    const TrailARN = trailArn(trail.value.region, call.caller.account, trail.value.name)
    const changes = [replace(trail, { ...trail.value, insights })]
    return { output: { TrailARN, InsightSelectors: insights.map(insightOutput) }, changes }
  },
)

const getInsightSelectors = trailOperation(
  {
    name: 'GetInsightSelectors',
    readOnly: true,
    input: { TrailName: optional(TRAIL_NAME), EventDataStore: INSIGHTS },
    output: {
      EventDataStoreArn: text(),
      InsightSelectors: list(INSIGHT_SELECTOR_ANSWER),
      InsightsDestination: text(),
      TrailARN: text(),
    },
    resource: ({ call, input }) => resourceOf(call, input.TrailName),
  },
  async ({ call, input, dependencies }) => {
    const { value } = await findTrail(dependencies.records, call, needName(input))
    if (value.insights.length === 0)
      throw new KmsError('InsightNotEnabledException', `Trail ${value.name} does not have Insights enabled.`)
    const TrailARN = trailArn(value.region, call.caller.account, value.name)
    return { output: { TrailARN, InsightSelectors: value.insights.map(insightOutput) } }
  },
)

function insightOutput(InsightType: string): { readonly InsightType: string } {
  return { InsightType }
}

/** Holdfast has no event data stores. @throws InvalidParameterCombinationException. */
function needName(input: {
  readonly TrailName?: string | undefined
  readonly EventDataStore?: string | undefined
}): string {
  if (input.TrailName !== undefined && input.EventDataStore === undefined) return input.TrailName
  throw new KmsError('InvalidParameterCombinationException', 'TrailName is required, without EventDataStore.')
}

function resourceOf(call: Call, text: string | undefined): string {
  if (text === undefined) return '*'
  const { region, account, name } = parseTrailName(call, text)
  return trailArn(region, account, name)
}

/** Operations on the events that a trail delivers. */
export const SELECTOR_OPERATIONS = [
  putEventSelectors,
  getEventSelectors,
  putInsightSelectors,
  getInsightSelectors,
]
