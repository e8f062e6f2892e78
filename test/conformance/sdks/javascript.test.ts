/** The AWS SDK for JavaScript v3: see suite.ts. */

import { fileURLToPath } from 'node:url'
import { missingPackage } from '../tools.ts'
import { sdkTests } from './suite.ts'

const folder = fileURLToPath(new URL('javascript', import.meta.url))

sdkTests({
  name: 'JavaScript',
  command: { program: process.execPath, args: ['driver.mjs'], folder },
  skip: missingPackage(folder, '@aws-sdk/client-cloudtrail'),
  zeros: false,
  commonError: {
    kms: 'KMSServiceException',
    iam: 'IAMServiceException',
    sts: 'STSServiceException',
    cloudtrail: 'CloudTrailServiceException',
  },
  noMessage: 'UnknownError',
  recent: [],
})
