import { basename, dirname, join } from 'node:path'
import { type AuditFiles, type ReadFile, systemFiles } from '../log/files.ts'
import {
  ARCHIVE_FOLDER,
  ARCHIVE_SUFFIX,
  ArchiveDamaged,
  archivePaths,
  openArchive,
  readManifest,
} from './archive.ts'

/**
 * Files in which an archived segment appears as a segment: it is listed and read under its own name, from the
 * node's archive folder, or that of the same node in `elsewhere`.
 */
export function withArchives(files: AuditFiles, elsewhere?: string): AuditFiles {
  const placesOf = (path: string): readonly string[] =>
    elsewhere === undefined ? [path] : [path, join(elsewhere, basename(dirname(path)), basename(path))]
  const openArchived = async (
    path: string,
  ): Promise<{ readonly file: ReadFile; readonly sizeBytes: number } | undefined> => {
    for (const place of placesOf(path)) {
      const { archive, manifest: manifestPath } = archivePaths(place)
      const names = await files.list(dirname(archive))
      if (!names.includes(basename(archive)) || !names.includes(basename(manifestPath))) continue
      const { manifest } = await readManifest(files, manifestPath, basename(dirname(path)))
      if (manifest === undefined) throw new ArchiveDamaged(`${manifestPath} is no manifest`)
      return { file: openArchive(await files.openRead(archive), manifest), sizeBytes: manifest.sizeBytes }
    }
    return undefined
  }
  return {
    ...files,
    list: async (folder) => {
      const names = new Set(await files.list(folder))
      for (const place of placesOf(join(folder, 'a segment'))) {
        for (const name of await files.list(join(dirname(place), ARCHIVE_FOLDER)))
          if (name.endsWith(ARCHIVE_SUFFIX)) names.add(name.slice(0, -'.gz'.length))
      }
      return [...names]
    },
    openRead: async (path) => {
      try {
        return await files.openRead(path)
      } catch (error) {
        const archived = isMissing(error) && path.endsWith('.jsonl') ? await openArchived(path) : undefined
        if (archived === undefined) throw error
        return archived.file
      }
    },
    sizeOf: async (path) => {
      try {
        return await files.sizeOf(path)
      } catch (error) {
        const archived = isMissing(error) && path.endsWith('.jsonl') ? await openArchived(path) : undefined
        if (archived === undefined) throw error
        await archived.file.close()
        return archived.sizeBytes
      }
    },
  }
}

/** Whether an error means that the file does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** The segments of the operating system's files, archived or not. */
export const segmentFiles: AuditFiles = withArchives(systemFiles)
