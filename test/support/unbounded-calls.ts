/** For tests: no bound on calls. */
export const ANY_NUMBER = { enter: (): boolean => true, leave: (): void => {} }
/** For tests: a disk that has space. */
export const NO_FULL_DISK = { of: () => 'usual' as const }
