import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { REPORTS_FOLDER, reportFileName } from '../../src/compliance/report-names.ts'
import { callRaw } from '../../test/support/calls.ts'
import type { SampleInput } from '../../test/support/iam-samples.ts'
import type { SampleBed } from '../../test/support/sample-bed.ts'
import { until } from '../../test/support/until.ts'
import { CROWD_ACCOUNT } from './names.ts'
import { paddedPolicy } from './policies.ts'

const POLICY = { PolicyType: 'SERVICE_CONTROL_POLICY', Name: 'own' }
/** The policy that is attached to units. It allows everything, so that other calls take no longer. */
const OPEN = { PolicyType: 'SERVICE_CONTROL_POLICY', Name: 'open' }
const LARGE = paddedPolicy(5000, 5000)
const ALLOWS_ALL = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'

const REPORT_DAY = '2026-11-25'
/** Report files of several pages, and a note of the maximum size. */
const REPORT_BYTES = { json: 1_000_000, html: 1_000_000, note: 16_384 }

type Prepare = (bed: SampleBed) => Promise<SampleInput>

const putLarge: Prepare = async (bed) => {
  await ask(bed, 'PutControlPolicy', { ...POLICY, Content: LARGE })
  return POLICY
}

/** A policy and a unit to which it is not attached: none binds the management account. */
const putOpen: Prepare = async (bed) => {
  await ask(bed, 'PutControlPolicy', { ...OPEN, Content: ALLOWS_ALL })
  const { OrganizationalUnitId } = await newUnit(bed)
  return { ...OPEN, TargetId: OrganizationalUnitId }
}

/** Resources that operations of the `holdfast` service name, created before each call. Absent operations name none. */
const SAMPLES: Readonly<Record<string, Prepare>> = {
  ListControlPolicies: async () => POLICY,
  PutControlPolicy: async () => ({ ...POLICY, Content: LARGE }),
  GetControlPolicy: putLarge,
  DeleteControlPolicy: putLarge,
  AttachControlPolicy: putOpen,
  DetachControlPolicy: async (bed) => {
    const input = await putOpen(bed)
    await ask(bed, 'AttachControlPolicy', input)
    return input
  },
  GetReport: async ({ server }) => {
    const folder = join(server.data, REPORTS_FOLDER)
    await mkdir(folder, { recursive: true })
    for (const kind of ['json', 'html', 'note'] as const)
      await writeFile(join(folder, reportFileName(REPORT_DAY, kind)), 'x'.repeat(REPORT_BYTES[kind]))
    return { Day: REPORT_DAY }
  },
  SetQuota: async () => ({ Name: 'all', Value: 'default' }),
  CreateOrganizationalUnit: async (bed) => {
    await ask(bed, 'CreateOrganization', {})
    return { Name: bed.freeName() }
  },
  UpdateOrganizationalUnit: async (bed) => ({ ...(await newUnit(bed)), Name: bed.freeName() }),
  DeleteOrganizationalUnit: newUnit,
  MoveAccount: async (bed) => {
    const { RootId } = await ask(bed, 'CreateOrganization', {})
    return { AccountId: CROWD_ACCOUNT, DestinationParentId: RootId }
  },
}

/** The input of a legal call of an operation of the `holdfast` service. */
export function ownSample(operation: string, bed: SampleBed): Promise<SampleInput> {
  return SAMPLES[operation]?.(bed) ?? Promise.resolve({})
}

/** Makes a unit, and the organization before the first one. */
async function newUnit(bed: SampleBed): Promise<SampleInput> {
  await ask(bed, 'CreateOrganization', {})
  const { Id } = await ask(bed, 'CreateOrganizationalUnit', { Name: bed.freeName() })
  return { OrganizationalUnitId: Id }
}

/** Calls of this service are limited to a rate. */
async function ask({ server }: SampleBed, operation: string, input: SampleInput): Promise<SampleInput> {
  const target = `Holdfast_20261101.${operation}`
  const { status, text, json } = await until('the call is not throttled', async () => {
    const answer = await callRaw(server, target, JSON.stringify(input), { service: 'holdfast' })
    return answer.code === 'ThrottlingException' ? undefined : answer
  })
  if (status !== 200) throw new Error(`${operation}: ${text}`)
  return json
}
