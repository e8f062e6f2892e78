/** The AWS SDK for Go v2: see suite.ts. */

import { fileURLToPath } from 'node:url'
import { missingFile } from '../tools.ts'
import { sdkTests } from './suite.ts'

const folder = fileURLToPath(new URL('go', import.meta.url))
const error = 'GenericAPIError'

sdkTests({
  name: 'Go',
  command: { program: './driver', args: [], folder },
  skip: missingFile(folder, 'driver', 'go build -o driver .'),
  zeros: true,
  commonError: { kms: error, iam: error, sts: error, cloudtrail: error },
  noMessage: '',
  recent: [],
})
