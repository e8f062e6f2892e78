import ContentLayout from '@cloudscape-design/components/content-layout'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { type KeyStore, keyStores } from '../../api/key-stores.ts'
import { useSession } from '../../session/session.ts'
import { DataTable } from '../../shared/data-table.tsx'
import { showTime } from '../../shared/form.ts'
import { PermitButton } from '../../shared/may.tsx'
import { ShowCli } from '../../shared/show-cli.tsx'
import { STORE_TEXTS as texts } from '../../texts/en/key-stores.ts'
import { fill, TEXTS } from '../../texts/en.ts'
import { CreateStore } from './create-store.tsx'
import { StoreAction, type StoreActionName } from './store-action.tsx'

/** The state of a store whose connection is being made: the page asks again until it is there. */
const CONNECTING_AGAIN_MS = 1000

/** Pixels of the columns with states and buttons. */
const WIDTH = 150

type Chosen = { readonly action: StoreActionName; readonly store: KeyStore }

/** The external key stores of the account in the region. */
export function KeyStores(): ReactNode {
  const { region } = useSession()
  const { data, error } = useQuery({
    ...keyStores(region),
    refetchInterval: ({ state }) =>
      state.data?.some(({ ConnectionState }) => ConnectionState === 'CONNECTING')
        ? CONNECTING_AGAIN_MS
        : false,
  })
  const [isCreating, setCreating] = useState(false)
  const [chosen, setChosen] = useState<Chosen>()
  return (
    <ContentLayout
      header={
        <Header variant="h1" description={texts.about}>
          {texts.title}
        </Header>
      }
    >
      <SpaceBetween size="m">
        <DataTable
          title={texts.title}
          name="custom-key-stores"
          items={data}
          error={error}
          empty={texts.empty}
          trackBy={({ CustomKeyStoreId = '' }) => CustomKeyStoreId}
          columns={COLUMNS}
          actions={[
            <PermitButton
              key="create"
              variant="primary"
              permit={{ action: 'kms:CreateCustomKeyStore' }}
              onClick={() => setCreating(true)}
            >
              {texts.create}
            </PermitButton>,
          ]}
          more={[
            {
              id: 'actions',
              header: texts.actions,
              minWidth: WIDTH,
              cell: (store) => <Actions store={store} onChoose={(action) => setChosen({ action, store })} />,
            },
          ]}
        />
        <ShowCli name="DescribeCustomKeyStores" input={{}} />
        {isCreating && <CreateStore onClose={() => setCreating(false)} />}
        {chosen !== undefined && <StoreAction {...chosen} onClose={() => setChosen(undefined)} />}
      </SpaceBetween>
    </ContentLayout>
  )
}

const COLUMNS = [
  { id: 'name', header: texts.name, value: ({ CustomKeyStoreName }: KeyStore) => CustomKeyStoreName },
  { id: 'id', header: texts.id, value: ({ CustomKeyStoreId }: KeyStore) => CustomKeyStoreId },
  {
    id: 'state',
    header: texts.state,
    minWidth: WIDTH,
    value: ({ ConnectionState }: KeyStore) => ConnectionState,
    cell: ({ ConnectionState: state, ConnectionErrorCode: problem }: KeyStore) => (
      <StatusIndicator type={state === 'FAILED' ? 'error' : state === 'CONNECTED' ? 'success' : 'pending'}>
        {problem === undefined ? state : `${state}: ${problem}`}
      </StatusIndicator>
    ),
  },
  {
    id: 'proxy',
    header: texts.proxy,
    value: ({ CloudHsmClusterId: cluster, XksProxyConfiguration: proxy }: KeyStore) =>
      cluster ?? `${proxy?.UriEndpoint ?? ''}${proxy?.UriPath ?? ''}`,
  },
  {
    id: 'created',
    header: TEXTS.keys.created,
    value: ({ CreationDate }: KeyStore) => CreationDate,
    cell: ({ CreationDate }: KeyStore) => showTime(CreationDate),
  },
]

type ActionsProps = { readonly store: KeyStore; readonly onChoose: (action: StoreActionName) => void }

/** Buttons for what the state of a store allows. */
function Actions({ store, onChoose }: ActionsProps): ReactNode {
  const { CustomKeyStoreName = '', ConnectionState } = store
  const isApart = ConnectionState === 'DISCONNECTED' || ConnectionState === undefined
  const names: readonly StoreActionName[] = isApart ? ['connect', 'delete'] : ['disconnect']
  return (
    <SpaceBetween direction="horizontal" size="s">
      {names.map((name) => (
        <PermitButton
          key={name}
          variant="inline-link"
          ariaLabel={fill(texts.actionOf, { action: texts[name], name: CustomKeyStoreName })}
          permit={{ action: PERMITS[name] }}
          onClick={() => onChoose(name)}
        >
          {texts[name]}
        </PermitButton>
      ))}
    </SpaceBetween>
  )
}

const PERMITS = {
  connect: 'kms:ConnectCustomKeyStore',
  disconnect: 'kms:DisconnectCustomKeyStore',
  delete: 'kms:DeleteCustomKeyStore',
} as const
