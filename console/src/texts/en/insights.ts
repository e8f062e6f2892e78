/** Texts of the page of insights. */
export const INSIGHT_TEXTS = {
  title: 'Insights',
  about:
    'Unusual calls that Holdfast found in the audit log of this account and region, in the last 30 days.',
  empty: 'No call was unusual. Holdfast reports nothing in the first days of an account or principal.',
  behind: 'The index is behind the audit log: the latest insights may be missing.',
  more: 'Load older insights',
  what: 'What happened',
  types: {
    ApiCallRateInsight: 'Called far more often than usual',
    ApiErrorRateInsight: 'Failed far more often than usual',
    BulkDecryptInsight: 'Decrypted far more than usual',
    NewNetworkInsight: 'Called from a new network',
    KeyFirstUseInsight: 'Used a key for the first time',
    DormantKeyUseInsight: 'Used a key that nobody had used for long',
  },
  time: 'Time',
  state: 'State',
  states: { Start: 'Began', End: 'Ended' },
  operation: 'Operation',
  error: 'Error code',
  principal: 'Who',
  key: 'Key',
  network: 'Network',
  account: 'The account',
  record: 'Record',
  show: 'Show',
} as const
