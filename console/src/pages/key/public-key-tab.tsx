import Button from '@cloudscape-design/components/button'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Spinner from '@cloudscape-design/components/spinner'
import { useMutation, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '../../api/client.ts'
import { formatPem, parseBase64 } from '../../shared/bytes.ts'
import { CopyText } from '../../shared/copy-text.tsx'
import { saveFile } from '../../shared/csv.ts'
import { Failure } from '../../shared/failure.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { PUBLIC_KEY_TEXTS as texts } from '../../texts/en/key.ts'
import type { KeyProps } from './key.tsx'

type ImportAlgorithm = Parameters<SubtleCrypto['importKey']>[2]

/** How WebCrypto imports the public keys of each key spec. Source: Web Cryptography API, Level 2. */
const ALGORITHMS: Readonly<Record<string, ImportAlgorithm>> = {
  RSA_2048: { name: 'RSA-OAEP', hash: 'SHA-256' },
  RSA_3072: { name: 'RSA-OAEP', hash: 'SHA-256' },
  RSA_4096: { name: 'RSA-OAEP', hash: 'SHA-256' },
  ECC_NIST_P256: { name: 'ECDSA', namedCurve: 'P-256' },
  ECC_NIST_P384: { name: 'ECDSA', namedCurve: 'P-384' },
  ECC_NIST_P521: { name: 'ECDSA', namedCurve: 'P-521' },
  ECC_NIST_EDWARDS25519: { name: 'Ed25519' },
}

/** The public key of an asymmetric key, to copy and download. */
export function PublicKeyTab({ facts }: KeyProps): ReactNode {
  const { KeyId, KeySpec = '', region } = facts
  const { data, error } = useQuery({
    queryKey: ['key', region, KeyId, 'public-key'],
    queryFn: async () => (await call('GetPublicKey', { KeyId })).PublicKey ?? '',
  })
  const jwk = useMutation({
    mutationFn: async (der: string) =>
      saveFile(`${KeyId}.jwk.json`, await jwkOf(der, KeySpec, KeyId), 'application/jwk+json'),
  })
  if (data === undefined) return error === null ? <Spinner /> : <Failure error={error} />
  const pem = formatPem(data, 'PUBLIC KEY')
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={texts.about}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button onClick={() => saveFile(`${KeyId}.pem`, pem, 'application/x-pem-file')}>
                {texts.downloadPem}
              </Button>
              <Button onClick={() => saveFile(`${KeyId}.der`, parseBase64(data), 'application/octet-stream')}>
                {texts.downloadDer}
              </Button>
              <Button
                disabled={ALGORITHMS[KeySpec] === undefined}
                disabledReason={texts.noJwk}
                onClick={() => jwk.mutate(data)}
              >
                {texts.downloadJwk}
              </Button>
            </SpaceBetween>
          }
        >
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Failure error={jwk.error} />
        <CopyText text={pem} isBlock />
        <ShowCli name="GetPublicKey" input={{ KeyId }} />
      </SpaceBetween>
    </Container>
  )
}

/** Returns a public key as JSON Web Key. Source: RFC 7517. @throws Error if the browser does not know the key spec. */
async function jwkOf(der: string, spec: string, kid: string): Promise<string> {
  const algorithm = ALGORITHMS[spec]
  if (algorithm === undefined) throw new Error(texts.noJwk)
  const isSigning = typeof algorithm === 'object' && algorithm.name !== 'RSA-OAEP'
  const usages: KeyUsage[] = isSigning ? ['verify'] : ['encrypt']
  const key = await crypto.subtle.importKey('spki', parseBase64(der), algorithm, true, usages)
  const { key_ops: _, ext: __, alg: ___, ...members } = await crypto.subtle.exportKey('jwk', key)
  return `${JSON.stringify({ ...members, kid }, null, 2)}\n`
}
