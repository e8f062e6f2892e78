import assert from 'node:assert/strict'
import test from 'node:test'
import { isServicePrincipal } from './service-principal.ts'

const KNOWN = [
  'ec2.amazonaws.com',
  'lambda.amazonaws.com',
  'resource-explorer-2.amazonaws.com',
  'logs.eu-west-1.amazonaws.com',
  'states.us-gov-west-1.amazonaws.com',
  'ecs.application-autoscaling.amazonaws.com',
  'member.org.stacksets.cloudformation.amazonaws.com',
  'delivery.logs.eu-central-1.amazonaws.com',
  'alexa-appkit.amazon.com',
]

const UNKNOWN = [
  '',
  'ec2',
  'amazonaws.com',
  'eu-west-1.amazonaws.com',
  'EC2.amazonaws.com',
  'tagging.amazonaws.com',
  'nosuchservice.amazonaws.com',
  'nosuchservice.eu-west-1.amazonaws.com',
  'ec2.nosuchservice.amazonaws.com',
  'ec2.amazonaws.com.cn',
  'ec2.amazonaws.com.example.org',
  'ec2.example.com',
  'ec2..amazonaws.com',
  '*.amazonaws.com',
]

test('isServicePrincipal knows services, also of one region and below others', () => {
  for (const name of KNOWN) assert.ok(isServicePrincipal(name), name)
})

test('isServicePrincipal knows no other names', () => {
  for (const name of UNKNOWN) assert.ok(!isServicePrincipal(name), name)
})
