/** For tests: no limit on concurrent calls. */
export const ANY_NUMBER = { enter: (): boolean => true, leave: (): void => {} }
/** For tests: a disk with free space. */
export const NO_FULL_DISK = { of: () => 'usual' as const }
