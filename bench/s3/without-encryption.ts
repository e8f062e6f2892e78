/** For the s3 suite: loaded before the gateway, it puts segments without encryption in the place of the others. */

import { registerHooks } from 'node:module'

const PLAIN = new URL('plain-segments.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith('/crypto/segments.ts') ? { url: PLAIN, shortCircuit: true } : next(specifier, context),
})
