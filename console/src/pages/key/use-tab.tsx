import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import type { ReactNode } from 'react'
import { CopyText } from '../../shared/copy-text.tsx'
import type { KeyProps } from './key.tsx'

/** How programs use the key, with the key filled in. */
export function UseTab({ facts }: KeyProps): ReactNode {
  return (
    <SpaceBetween size="l">
      {examples(facts.Arn, facts.region, facts.KeyUsage).map(([title, text]) => (
        <Container key={title} header={<Header variant="h2">{title}</Header>}>
          <CopyText text={text} isBlock />
        </Container>
      ))}
    </SpaceBetween>
  )
}

/** Titles are names of programs. */
function examples(
  arn: string,
  region: string,
  usage: string | undefined,
): readonly (readonly [string, string])[] {
  const endpoint = window.location.origin
  const environment = `export AWS_ENDPOINT_URL_KMS=${endpoint} AWS_REGION=${region}`
  if (usage !== 'ENCRYPT_DECRYPT') {
    return [
      ['AWS CLI', `${environment}\naws kms describe-key --key-id ${arn}`],
      ['Terraform', terraform(arn, region, endpoint)],
    ]
  }
  return [
    ['AWS CLI', `${environment}\naws kms encrypt --key-id ${arn} --plaintext fileb://secret.txt`],
    [
      'JavaScript',
      `import { EncryptCommand, KMSClient } from '@aws-sdk/client-kms'

const kms = new KMSClient({ endpoint: '${endpoint}', region: '${region}' })
const { CiphertextBlob } = await kms.send(
  new EncryptCommand({ KeyId: '${arn}', Plaintext: Buffer.from('a secret') }),
)`,
    ],
    [
      'Python',
      `import boto3

kms = boto3.client("kms", endpoint_url="${endpoint}", region_name="${region}")
ciphertext = kms.encrypt(KeyId="${arn}", Plaintext=b"a secret")["CiphertextBlob"]`,
    ],
    ['SOPS', `${environment}\nsops encrypt --kms ${arn} secrets.yaml > secrets.enc.yaml`],
    ['Terraform', terraform(arn, region, endpoint)],
  ]
}

function terraform(arn: string, region: string, endpoint: string): string {
  return `provider "aws" {
  region = "${region}"
  endpoints {
    kms = "${endpoint}"
    sts = "${endpoint}"
  }
}

data "aws_kms_key" "this" {
  key_id = "${arn}"
}`
}
