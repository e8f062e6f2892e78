/**
 * Puts an entry last in a map in order of use; beyond `max` entries, removes the least recently used one and
 * returns its name.
 */
export function putRecent<V>(map: Map<string, V>, name: string, value: V, max: number): string | undefined {
  map.delete(name)
  map.set(name, value)
  if (map.size <= max) return undefined
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
  return oldest
}
