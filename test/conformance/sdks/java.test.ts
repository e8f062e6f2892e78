/** The AWS SDK for Java v2: see suite.ts. */

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missingFile, missingTool } from '../tools.ts'
import { sdkTests } from './suite.ts'

const folder = fileURLToPath(new URL('java', import.meta.url))
const packages = join('target', 'dependency')

sdkTests({
  name: 'Java',
  command: { program: 'java', args: ['-cp', join(packages, '*'), 'Driver.java'], folder },
  skip:
    (await missingTool('java', ['-version'])) ||
    missingFile(folder, packages, 'mvn dependency:copy-dependencies'),
  zeros: false,
  commonError: {
    kms: 'KmsException',
    iam: 'IamException',
    sts: 'StsException',
    cloudtrail: 'CloudTrailException',
  },
  noMessage: '',
  recent: [],
})
