import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signPool, type Workload } from './requests.ts'

const TO = {
  endpoint: { tls: false, host: '127.0.0.1', port: 8080 },
  credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', region: 'us-east-1' },
}

test('no two requests of a pool have the same signature', () => {
  for (const operation of ['Encrypt', 'Decrypt', 'GenerateDataKey', 'DescribeKey'] as const) {
    const workload: Workload = { operation, keyId: 'key', bodies: ['{"CiphertextBlob":"AAAA"}'] }
    const { bytes, offsets } = signPool(workload, TO, 1_000)
    const signatures = bytes.toString('latin1', 0, offsets.at(-1)).match(/Signature=[0-9a-f]{64}/g) ?? []
    assert.equal(offsets.length, 1_001)
    assert.equal(new Set(signatures).size, 1_000)
  }
})
