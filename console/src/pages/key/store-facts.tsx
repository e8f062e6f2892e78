import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { call } from '../../api/client.ts'
import { useSession } from '../../session/session.ts'
import { Failure } from '../../shared/failure.tsx'
import { PlainText } from '../../shared/plain-text.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { FACT_TEXTS as texts } from '../../texts/en/key.ts'
import { TEXTS } from '../../texts/en.ts'

type Props = { readonly storeId: string; readonly xksKeyId: string | undefined }

/** The custom key store of a key, and the external key in it. */
export function StoreFacts({ storeId, xksKeyId }: Props): ReactNode {
  const { region } = useSession()
  const input = { CustomKeyStoreId: storeId }
  const { data, error } = useQuery({
    queryKey: ['key-store', region, storeId],
    queryFn: async () => (await call('DescribeCustomKeyStores', input)).CustomKeyStores?.[0],
  })
  const { ConnectionState: state, ConnectionErrorCode: problem, XksProxyConfiguration: proxy } = data ?? {}
  return (
    <Container
      header={<Header variant="h2">{texts.store}</Header>}
      footer={<ShowCli name="DescribeCustomKeyStores" input={input} />}
    >
      <Failure error={error} />
      <KeyValuePairs
        columns={3}
        items={[
          { label: texts.store, value: <PlainText text={data?.CustomKeyStoreName ?? storeId} /> },
          {
            label: texts.storeState,
            value: (
              <StatusIndicator type={state === 'CONNECTED' ? 'success' : 'warning'}>
                {problem ?? state ?? TEXTS.common.loading}
              </StatusIndicator>
            ),
          },
          {
            label: texts.storeProxy,
            value: `${proxy?.UriEndpoint ?? TEXTS.common.none}${proxy?.UriPath ?? ''}`,
          },
          { label: texts.xksKey, value: <PlainText text={xksKeyId ?? TEXTS.common.none} /> },
        ]}
      />
    </Container>
  )
}
