import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceName } from '../api/services.ts'
import type { Operation } from './operation.ts'
import { createRouting, routeOf, serviceOfHeaders } from './routing.ts'
import type { WireRequest } from './wire.ts'

function operation(service: ServiceName, name: string): Operation {
  const begin = () => Promise.reject(new Error('not run'))
  return { service, name, readOnly: true, members: {}, parameters: () => null, begin }
}

const ROUTING = createRouting([
  operation('kms', 'Encrypt'),
  operation('cloudtrail', 'LookupEvents'),
  operation('iam', 'GetUser'),
  operation('sts', 'GetCallerIdentity'),
])

function request(rawHeaders: readonly string[], body = ''): WireRequest {
  const connection = { address: '127.0.0.1', tls: undefined }
  return { method: 'POST', target: '/', rawHeaders, body: Buffer.from(body), connection }
}

const target = (value: string): WireRequest => request(['X-Amz-Target', value])
const form = (body: string): WireRequest =>
  request(['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'], body)

function found(wire: WireRequest): string {
  const { type, service, name } = routeOf(ROUTING, wire)
  return `${type} ${service.name} ${name}`
}

test('a target header names a service and an operation', () => {
  const cloudtrail = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.'
  assert.equal(found(target('TrentService.Encrypt')), 'operation kms Encrypt')
  assert.equal(found(target(`${cloudtrail}LookupEvents`)), 'operation cloudtrail LookupEvents')
  assert.equal(found(target(`${cloudtrail}Nothing`)), 'unknown cloudtrail Nothing')
  assert.equal(found(target('CloudTrail_20131101.LookupEvents')), 'operation cloudtrail LookupEvents')
  assert.equal(found(target('CloudTrail_20131101.CreateTrail')), 'unsupported cloudtrail CreateTrail')
  assert.equal(found(target('CloudTrail_20131101.Nothing')), 'unknown cloudtrail Nothing')
  assert.equal(found(target('TrentService.Nothing')), 'unknown kms Nothing')
  assert.equal(found(target('DynamoDB.Scan')), 'unknown kms Scan')
})

test('the version of a form names a service, and its action an operation', () => {
  assert.equal(found(form('Action=GetUser&Version=2010-05-08')), 'operation iam GetUser')
  assert.equal(found(form('Version=2011-06-15&Action=GetCallerIdentity')), 'operation sts GetCallerIdentity')
  assert.equal(found(form('Action=GetUser&Version=2011-06-15')), 'unknown sts GetUser')
  assert.equal(found(form('Action=Nothing&Version=2010-05-08')), 'unknown iam Nothing')
  assert.equal(found(form('Action=%zz&Version=2010-05-08')), 'unknown iam Unknown')
})

test('a form without an action, or with one that nobody has, says so', () => {
  const errorOf = (body: string): string => {
    const route = routeOf(ROUTING, form(body))
    assert.equal(route.type, 'unknown')
    return route.type === 'unknown' ? `${route.error.code}: ${route.error.message}` : ''
  }
  assert.match(errorOf('Version=2010-05-08'), /^MissingActionException: /)
  assert.equal(
    errorOf('Action=Nothing&Version=2010-05-08'),
    'UnknownOperationException: Could not find operation Nothing for version 2010-05-08',
  )
  assert.equal(
    errorOf('Action=<b>'),
    'UnknownOperationException: Could not find operation Unknown for version NO_VERSION_SPECIFIED',
  )
})

test('a request that is neither is a call of no known operation of KMS', () => {
  assert.equal(found(request([])), 'unknown kms Unknown')
  assert.equal(found({ ...target('TrentService.Encrypt'), method: 'GET' }), 'unknown kms Unknown')
})

test('headers alone tell which language an answer has to speak', () => {
  assert.equal(serviceOfHeaders(target('TrentService.Encrypt')).name, 'kms')
  assert.equal(serviceOfHeaders(form('')).name, 'sts')
  assert.equal(serviceOfHeaders(request([])).name, 'kms')
})
