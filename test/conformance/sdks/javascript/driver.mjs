/** Makes the calls that it reads with the AWS SDK for JavaScript v3: see ../driver.ts for what it reads and writes. */

import { createInterface } from 'node:readline'
import * as cloudtrail from '@aws-sdk/client-cloudtrail'
import * as iam from '@aws-sdk/client-iam'
import * as kms from '@aws-sdk/client-kms'
import * as sts from '@aws-sdk/client-sts'

const SDKS = {
  cloudtrail: [cloudtrail, 'CloudTrailClient'],
  iam: [iam, 'IAMClient'],
  kms: [kms, 'KMSClient'],
  sts: [sts, 'STSClient'],
}

function typed(value) {
  if (value && typeof value === 'object') {
    if ('$blob' in value) return new Uint8Array(Buffer.from(value.$blob, 'base64'))
    if ('$time' in value) return new Date(value.$time * 1000)
    if (Array.isArray(value)) return value.map(typed)
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, typed(part)]))
  }
  return value
}

function neutral(value) {
  if (value === undefined) return null
  if (value instanceof Uint8Array) return { $blob: Buffer.from(value).toString('base64') }
  if (value instanceof Date) return { $time: value.getTime() / 1000 }
  if (Array.isArray(value)) return value.map(neutral)
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, neutral(part)]))
  }
  return value
}

const clients = new Map()

function clientOf({ endpoint, region, callers }, service, as) {
  const key = `${service} ${as}`
  if (!clients.has(key)) {
    const [sdk, name] = SDKS[service]
    clients.set(key, new sdk[name]({ endpoint, region, credentials: callers[as], maxAttempts: 1 }))
  }
  return clients.get(key)
}

async function answer(setup, { service, operation, as, input }) {
  const [sdk] = SDKS[service]
  const Command = sdk[`${operation}Command`]
  if (Command === undefined) return { unsupported: `there is no ${operation}Command` }
  try {
    const { $metadata, ...output } = await clientOf(setup, service, as).send(new Command(typed(input)))
    return { ok: true, requestId: $metadata.requestId ?? '', output: neutral(output) }
  } catch (error) {
    if (error.$metadata === undefined) return { failed: String(error.stack) }
    return {
      ok: false,
      requestId: error.$metadata.requestId ?? '',
      type: error.constructor.name,
      code: error.name,
      message: error.message,
      status: error.$metadata.httpStatusCode ?? 0,
    }
  }
}

let setup
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line)
  if (setup === undefined) setup = asked
  else process.stdout.write(`${JSON.stringify(await answer(setup, asked))}\n`)
}
