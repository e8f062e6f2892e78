import { KmsError } from '../../api/errors.ts'
import { list, optional, text } from '../../api/shapes.ts'
import { KEY_HOLDER } from '../credentials/key-holders.ts'
import { iamArn } from '../entities/arns.ts'
import { onAll } from '../entities/finders.ts'
import type { IamOperation } from '../iam-dependencies.ts'
import { iamOperation } from '../iam-operation.ts'
import { ARN, NAME_128, PAGE, PAGING, PATH_PREFIX } from '../iam-shapes.ts'

/**
 * Things that users cannot have: certificates and keys of other services. Clients
 * list them before they delete a user; the lists are empty.
 */
function nothingOf(name: string, member: Absent): IamOperation {
  const input = { UserName: optional(NAME_128), ...PAGING }
  return iamOperation({ name, readOnly: true, input, output: ABSENT, find: KEY_HOLDER }, () => {
    const output: { [N in Absent]?: readonly string[] } = {}
    output[member] = []
    return { output: { ...output, IsTruncated: false } }
  })
}

type Absent = keyof typeof LISTS

const LISTS = {
  SSHPublicKeys: list(text()),
  ServiceSpecificCredentials: list(text()),
  Certificates: list(text()),
}
const ABSENT = { ...LISTS, ...PAGE }

const listSamlProviders = iamOperation(
  {
    name: 'ListSAMLProviders',
    readOnly: true,
    input: {},
    output: { SAMLProviderList: list(text()) },
    find: onAll('saml-provider'),
  },
  () => ({ output: { SAMLProviderList: [] } }),
)

const getSamlProvider = iamOperation(
  {
    name: 'GetSAMLProvider',
    readOnly: true,
    input: { SAMLProviderArn: ARN },
    find: ({ input: { SAMLProviderArn: arn } }) => {
      const missing = () => new KmsError('NoSuchEntityException', `Manifest not found for arn ${arn}`)
      return { arn, entity: undefined, missing }
    },
  },
  () => ({}),
)

const listServerCertificates = iamOperation(
  {
    name: 'ListServerCertificates',
    readOnly: true,
    input: { PathPrefix: optional(PATH_PREFIX), ...PAGING },
    output: { ServerCertificateMetadataList: list(text()), ...PAGE },
    find: onAll('server-certificate'),
  },
  () => ({ output: { ServerCertificateMetadataList: [], IsTruncated: false } }),
)

const getServerCertificate = iamOperation(
  {
    name: 'GetServerCertificate',
    readOnly: true,
    input: { ServerCertificateName: NAME_128 },
    find: ({ call, input: { ServerCertificateName: name } }) => ({
      arn: iamArn(call.caller.account, `server-certificate/${name}`),
      entity: undefined,
      missing: () =>
        new KmsError('NoSuchEntityException', `The Server Certificate with name ${name} cannot be found.`),
    }),
  },
  () => ({}),
)

/** Operations on things that do not exist in Holdfast. Source: IAM API Reference. */
export const ABSENT_OPERATIONS: readonly IamOperation[] = [
  nothingOf('ListSSHPublicKeys', 'SSHPublicKeys'),
  nothingOf('ListServiceSpecificCredentials', 'ServiceSpecificCredentials'),
  nothingOf('ListSigningCertificates', 'Certificates'),
  listSamlProviders,
  getSamlProvider,
  listServerCertificates,
  getServerCertificate,
]
