/** For tests: no bound on calls. */
export const ANY_NUMBER = { enter: (): boolean => true, leave: (): void => {} }
