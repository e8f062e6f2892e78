import { printable } from '../base/printable.ts'
import { ciphertextFailureJson, formatCiphertextFailure } from './ciphertext-text.ts'
import { explainedJson } from './examined-json.ts'
import type { DecidedNow, ExplainedCall } from './explain-call.ts'
import { formatExamined } from './path-text.ts'
import { type RecordedEvent, resourcesOf } from './recorded-event.ts'

/** Formats a recorded call and its explanation for people. */
export function formatCall(explained: ExplainedCall): readonly string[] {
  const { event, now } = explained
  return [
    ...formatEvent(explained),
    ...formatCiphertextFailure(event),
    '',
    ...('because' in now
      ? [`This call cannot be decided again: ${printable(now.because)}.`]
      : formatNow(now, event.eventID)),
  ]
}

const WORDS = {
  allowed: 'allowed',
  refused: 'REFUSED',
  failed: 'failed, for another reason than policies',
} as const

function formatEvent({ event, result, reason }: ExplainedCall): readonly string[] {
  const { userIdentity: identity = {}, errorCode, errorMessage } = event
  const who = identity.arn ?? identity.accountId ?? 'unknown'
  const key = identity.accessKeyId === undefined ? '' : `, access key ${identity.accessKeyId}`
  const error = [errorCode, errorMessage].filter((text) => text !== undefined).join(': ')
  const facts = [
    ['request', event.requestID ?? 'none'],
    ['event', `${event.eventID} of account ${event.recipientAccountId}`],
    ['time', event.eventTime],
    ['caller', `${who} (${identity.type ?? 'unknown'}${key})`],
    ['call', `${event.eventName} of ${event.eventSource} in ${event.awsRegion}`],
    ['from', fromWhere(event)],
    ...resourcesOf(event).map((arn) => ['resource', arn]),
    ['result', error === '' ? WORDS[result] : `${WORDS[result]}: ${error}`],
    ['reason', reason === undefined ? notRecorded(result) : `${reason} (as recorded)`],
  ]
  return facts
    .filter(([, value]) => value !== '')
    .map(([name = '', value = '']) => `${name.padEnd(NAME_WIDTH)}${printable(value)}`)
}

const NAME_WIDTH = 10

/** The reason's absence: readers of a caller's account must not learn why another account denied the call. */
function notRecorded(result: ExplainedCall['result']): string {
  return result === 'refused'
    ? 'not recorded: callers of other accounts are not told, and read this event'
    : ''
}

function fromWhere({ sourceIPAddress, userAgent, tlsDetails }: RecordedEvent): string {
  const tls = tlsDetails?.tlsVersion ?? 'no TLS'
  return [sourceIPAddress, tls, ...(userAgent === undefined ? [] : [userAgent])].join(', ')
}

function formatNow(
  { allowed, permissions, differs, unknown }: DecidedNow,
  eventId: string,
): readonly string[] {
  const needs = permissions.length === 1 ? 'a permission' : `${permissions.length} permissions`
  return [
    `By the policies as they are now, not as they were then, the call would be ${allowed ? 'ALLOWED' : 'REFUSED'}. It needs ${needs}:`,
    ...(differs === undefined ? [] : [`Not as recorded: ${differs}.`]),
    ...permissions.flatMap((permission) => ['', ...formatExamined(permission)]),
    ...(unknown.length === 0 ? [] : ['', `Not recorded in event ${eventId}, and so not considered:`]),
    ...unknown.map((what) => `  ${printable(what)}`),
  ]
}

/** The same for programs. */
export function callJson({ event, result, reason, now }: ExplainedCall): object {
  const recorded = { result, reason, event, ciphertext: ciphertextFailureJson(event) }
  if ('because' in now) return { recorded, notDecided: now.because }
  const { allowed, permissions, differs, unknown } = now
  return {
    recorded,
    now: { allowed, differs, permissions: permissions.map(explainedJson), notConsidered: unknown },
  }
}
