/** What examples are filled in with. */
export type ExampleFacts = {
  readonly arn: string
  readonly region: string
  readonly endpoint: string
  readonly usage: string
  readonly spec: string
  /** Algorithms of the key; examples use the first. */
  readonly algorithm: string
}

/** A program, and what to type or paste. */
export type Example = { readonly title: string; readonly text: string }

/** Returns examples of programs that use a key. Titles are names of programs. */
export function examplesOf(facts: ExampleFacts): readonly Example[] {
  const use = USES[facts.usage]?.(facts)
  return [
    {
      title: 'AWS CLI',
      text: `${environment(facts)}\n${use?.cli ?? `aws kms describe-key --key-id ${facts.arn}`}`,
    },
    ...(use === undefined ? [] : [javascript(facts, use), python(facts, use), go(facts, use)]),
    ...(facts.spec === 'SYMMETRIC_DEFAULT' ? [sops(facts)] : []),
    terraform(facts),
  ]
}

/** One operation in the forms of several languages. */
type Use = {
  readonly cli: string
  readonly command: string
  /** Members of the input besides the key, as JavaScript, Python and Go. */
  readonly javascript: string
  readonly python: string
  readonly go: string
  readonly output: string
}

const USES: Readonly<Record<string, (facts: ExampleFacts) => Use>> = {
  ENCRYPT_DECRYPT: ({ arn, spec, algorithm }) => {
    const named = spec === 'SYMMETRIC_DEFAULT' ? undefined : algorithm
    return {
      cli: [
        `aws kms encrypt --key-id ${arn} --plaintext fileb://secret.txt${named === undefined ? '' : ` --encryption-algorithm ${named}`} \\`,
        '  --query CiphertextBlob --output text | base64 --decode > secret.enc',
        `aws kms decrypt --key-id ${arn} --ciphertext-blob fileb://secret.enc${named === undefined ? '' : ` --encryption-algorithm ${named}`} \\`,
        '  --query Plaintext --output text | base64 --decode',
      ].join('\n'),
      command: 'Encrypt',
      javascript: `Plaintext: Buffer.from('a secret')${named === undefined ? '' : `, EncryptionAlgorithm: '${named}'`}`,
      python: `Plaintext=b"a secret"${named === undefined ? '' : `, EncryptionAlgorithm="${named}"`}`,
      go: `Plaintext: []byte("a secret"),${named === undefined ? '' : `\n\tEncryptionAlgorithm: "${named}",`}`,
      output: 'CiphertextBlob',
    }
  },
  SIGN_VERIFY: ({ arn, algorithm }) => ({
    cli: [
      `aws kms sign --key-id ${arn} --message fileb://message.txt --signing-algorithm ${algorithm} \\`,
      '  --query Signature --output text | base64 --decode > message.sig',
      `aws kms verify --key-id ${arn} --message fileb://message.txt --signature fileb://message.sig \\`,
      `  --signing-algorithm ${algorithm}`,
    ].join('\n'),
    command: 'Sign',
    javascript: `Message: Buffer.from('a message'), SigningAlgorithm: '${algorithm}'`,
    python: `Message=b"a message", SigningAlgorithm="${algorithm}"`,
    go: `Message:          []byte("a message"),\n\tSigningAlgorithm: "${algorithm}",`,
    output: 'Signature',
  }),
  GENERATE_VERIFY_MAC: ({ arn, algorithm }) => ({
    cli: [
      `aws kms generate-mac --key-id ${arn} --message fileb://message.txt --mac-algorithm ${algorithm} \\`,
      '  --query Mac --output text | base64 --decode > message.mac',
      `aws kms verify-mac --key-id ${arn} --message fileb://message.txt --mac fileb://message.mac \\`,
      `  --mac-algorithm ${algorithm}`,
    ].join('\n'),
    command: 'GenerateMac',
    javascript: `Message: Buffer.from('a message'), MacAlgorithm: '${algorithm}'`,
    python: `Message=b"a message", MacAlgorithm="${algorithm}"`,
    go: `Message:      []byte("a message"),\n\tMacAlgorithm: "${algorithm}",`,
    output: 'Mac',
  }),
  KEY_AGREEMENT: ({ arn }) => ({
    cli: [
      `aws kms get-public-key --key-id ${arn} --query PublicKey --output text | base64 --decode > mine.der`,
      `aws kms derive-shared-secret --key-id ${arn} --key-agreement-algorithm ECDH --public-key fileb://theirs.der`,
    ].join('\n'),
    command: 'DeriveSharedSecret',
    javascript: "KeyAgreementAlgorithm: 'ECDH', PublicKey: theirs",
    python: 'KeyAgreementAlgorithm="ECDH", PublicKey=theirs',
    go: 'KeyAgreementAlgorithm: "ECDH",\n\tPublicKey:             theirs,',
    output: 'SharedSecret',
  }),
  ENCAPSULATE_DECAPSULATE: ({ arn }) => ({
    cli: [
      `aws kms encapsulate --key-id ${arn} --encapsulation-algorithm ML_KEM \\`,
      '  --query SharedSecretCiphertextBlob --output text | base64 --decode > secret.enc',
      `aws kms decapsulate --key-id ${arn} --encapsulation-algorithm ML_KEM \\`,
      '  --shared-secret-ciphertext-blob fileb://secret.enc',
    ].join('\n'),
    command: 'Encapsulate',
    javascript: "EncapsulationAlgorithm: 'ML_KEM'",
    python: 'EncapsulationAlgorithm="ML_KEM"',
    go: 'EncapsulationAlgorithm: "ML_KEM",',
    output: 'SharedSecret',
  }),
}

function environment({ endpoint, region }: ExampleFacts): string {
  return `export AWS_ENDPOINT_URL_KMS=${endpoint} AWS_REGION=${region}`
}

function javascript({ arn, region, endpoint }: ExampleFacts, use: Use): Example {
  return {
    title: 'JavaScript',
    text: `import { KMSClient, ${use.command}Command } from '@aws-sdk/client-kms'

const kms = new KMSClient({ endpoint: '${endpoint}', region: '${region}' })
const { ${use.output} } = await kms.send(
  new ${use.command}Command({ KeyId: '${arn}', ${use.javascript} }),
)`,
  }
}

function python({ arn, region, endpoint }: ExampleFacts, use: Use): Example {
  const method = use.command.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
  return {
    title: 'Python',
    text: `import boto3

kms = boto3.client("kms", endpoint_url="${endpoint}", region_name="${region}")
output = kms.${method}(KeyId="${arn}", ${use.python})["${use.output}"]`,
  }
}

function go({ arn, endpoint }: ExampleFacts, use: Use): Example {
  return {
    title: 'Go',
    text: `client := kms.NewFromConfig(config, func(options *kms.Options) {
\toptions.BaseEndpoint = aws.String("${endpoint}")
})
output, err := client.${use.command}(ctx, &kms.${use.command}Input{
\tKeyId: aws.String("${arn}"),
\t${use.go}
})`,
  }
}

function sops(facts: ExampleFacts): Example {
  return {
    title: 'SOPS',
    text: `${environment(facts)}\nsops encrypt --kms ${facts.arn} secrets.yaml > secrets.enc.yaml`,
  }
}

function terraform({ arn, region, endpoint }: ExampleFacts): Example {
  return {
    title: 'Terraform',
    text: `provider "aws" {
  region = "${region}"
  endpoints {
    kms = "${endpoint}"
    iam = "${endpoint}"
    sts = "${endpoint}"
  }
}

data "aws_kms_key" "this" {
  key_id = "${arn}"
}`,
  }
}
