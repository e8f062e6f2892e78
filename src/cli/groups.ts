/** Descriptions of command groups, by their common first words. */
export const GROUPS: Readonly<Record<string, string>> = {
  account: 'Create and list accounts',
  tls: 'Make certificates',
  'console-sessions': 'End sessions of the web console',
  'root-credentials': 'Replace root credentials',
  quota: 'List and set quotas of accounts',
  organization: 'Manage the organization: units and accounts',
  'organization unit': 'Manage organizational units',
  scp: 'Manage service control policies',
  rcp: 'Manage resource control policies',
  seal: 'List, add, prove and remove the unlock paths of the root key',
  audit: 'Verify, prove, index and archive the audit log',
  policy: 'Try key policies',
  events: 'Test and repeat the delivery of events',
  s3: 'Serve encrypted buckets over the S3 API',
  'xks-proxy key': 'Manage external keys',
  'xks-proxy credential': 'Manage credentials of custom key stores',
}
