import { homedir } from 'node:os'

/** The home folder of the process. A user that the system does not know, as in a container, has the root folder. */
export function homeOf(environment: Readonly<Record<string, string | undefined>>): string {
  const home = environment['HOME']
  if (home !== undefined) return home
  try {
    return homedir()
  } catch {
    return '/'
  }
}
