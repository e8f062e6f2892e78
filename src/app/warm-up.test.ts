import { test } from 'node:test'
import { warmUp } from './warm-up.ts'

test('each call of the warm-up is answered', async () => {
  await warmUp()
})
