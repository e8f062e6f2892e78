/** boto3: see suite.ts. */

import { fileURLToPath } from 'node:url'
import { missingTool, PYTHON } from '../tools.ts'
import { sdkTests } from './suite.ts'

const folder = fileURLToPath(new URL('python', import.meta.url))
const error = 'ClientError'

sdkTests({
  name: 'Python',
  command: { program: PYTHON, args: ['driver.py'], folder },
  skip: await missingTool(PYTHON, ['-c', 'import boto3']),
  zeros: false,
  commonError: { kms: error, iam: error, sts: error, cloudtrail: error },
  noMessage: '',
  recent: ['kms Decapsulate', 'kms Encapsulate'],
})
