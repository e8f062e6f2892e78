/** The members of one profile. */
export type Profile = ReadonlyMap<string, string>

/** The sections of a file of AWS's shared configuration, by name: `profile x` is `x`; `services x` keeps its words. */
export type Sections = ReadonlyMap<string, Profile>

/**
 * Parses a shared configuration or credentials file. Members of a nested member such as `kms =` of a services section
 * get the name `kms.endpoint_url`. Lines that are neither a section nor a member mean nothing, as with AWS's SDKs.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
 */
export function parseProfiles(text: string): Sections {
  const sections = new Map<string, Map<string, string>>()
  const place: Place = { section: undefined, outer: '' }
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:[#;].*)?$/.test(line)) continue
    const [, title] = /^\[\s*([^\]]+?)\s*\]/.exec(line) ?? []
    if (title === undefined) {
      addMember(place, line)
      continue
    }
    const name = title.replace(/^profile\s+/, '').replace(/\s+/g, ' ')
    place.section = sections.get(name) ?? new Map()
    place.outer = ''
    sections.set(name, place.section)
  }
  return sections
}

/** Where a line stands: its section, and the nested member that it may be in. */
type Place = { section: Map<string, string> | undefined; outer: string }

function addMember(place: Place, line: string): void {
  const [, indent = '', name = '', value = ''] = /^(\s*)([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
  if (place.section === undefined || name === '') return
  if (indent === '') place.outer = value === '' ? name : ''
  if (value !== '') place.section.set(place.outer === '' ? name : `${place.outer}.${name}`, value)
}
