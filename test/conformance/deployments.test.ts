/** Manifests and units, as the tools of those who made their formats judge them. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, run } from '../support/run.ts'
import { missingTool } from './tools.ts'

/** The oldest and the newest release of Kubernetes that the manifests are for. */
const KUBERNETES = ['1.32.0', '1.37.0']
const MANIFESTS = ['server.yaml', 'fleet.yaml', 'static-pod.yaml']
const UNITS = ['holdfast.service', 'holdfast-s3.service', 'holdfast-xks-proxy.service']
/** The most exposure that systemd may find, in tenths of its scale from 0 to 10. */
const EXPOSURE_MAX = 15

const noValidator = await missingTool('kubernetes-validate', ['--version'])
const noSystemd = await missingTool('systemd-analyze', ['--version'])

for (const release of KUBERNETES) {
  test(`the manifests are valid for Kubernetes ${release}, with no member that it does not know`, {
    skip: noValidator,
  }, async () => {
    const paths = MANIFESTS.map((name) => join(ROOT, 'deploy/kubernetes', name))
    const ended = await run('kubernetes-validate', ['--strict', '-k', release, ...paths])
    assert.equal(ended.status, 0, ended.out + ended.err)
    assert.doesNotMatch(ended.out + ended.err, /WARN/)
  })
}

for (const unit of UNITS) {
  test(`systemd finds little exposure in ${unit}`, { skip: noSystemd }, async () => {
    const path = join(ROOT, 'deploy/systemd', unit)
    const args = ['security', '--offline=true', `--threshold=${EXPOSURE_MAX}`, '--no-pager', path]
    const ended = await run('systemd-analyze', args)
    assert.equal(ended.status, 0, ended.out + ended.err)
  })
}
