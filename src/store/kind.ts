import { IntegrityError, type Kind } from './records.ts'

/**
 * A kind whose values are all of format 1. A record is sealed, so this server has written its value. Only the
 * format can be unexpected, when a newer release has written it.
 */
export function kindOfFormat1<V extends { readonly format: 1 }>(name: string): Kind<V> {
  return { name, parse: (value) => parseFormat1<V>(name, value) }
}

function parseFormat1<V>(name: string, value: unknown): V {
  if (typeof value === 'object' && value !== null && 'format' in value && value.format === 1)
    return value as V
  throw new IntegrityError(`a ${name} record has a format that this release does not know`)
}
