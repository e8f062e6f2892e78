import AttributeEditor from '@cloudscape-design/components/attribute-editor'
import Checkbox from '@cloudscape-design/components/checkbox'
import Container from '@cloudscape-design/components/container'
import FormField from '@cloudscape-design/components/form-field'
import Header from '@cloudscape-design/components/header'
import Input from '@cloudscape-design/components/input'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import Multiselect from '@cloudscape-design/components/multiselect'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { listPrincipals } from '../../api/principals.ts'
import { Failure } from '../../shared/failure.tsx'
import { WIZARD_TEXTS } from '../../texts/en/wizard.ts'
import { TEXTS } from '../../texts/en.ts'
import { isAccount, mayReplicate } from './draft.ts'
import { draftSentences, shortArn } from './key-policy.ts'
import type { StepProps } from './steps.tsx'

const { create: texts } = TEXTS

/** The third step: who manages the key. */
export function AdministratorsStep({ draft, change }: StepProps): ReactNode {
  return (
    <Container>
      <SpaceBetween size="l">
        <Principals
          about={texts.administratorsAbout}
          chosen={draft.administrators}
          onChange={(administrators) => change({ administrators, policy: undefined })}
        />
        <Checkbox
          checked={draft.administratorsDelete}
          onChange={({ detail }) => change({ administratorsDelete: detail.checked, policy: undefined })}
        >
          {texts.administratorsDelete}
        </Checkbox>
      </SpaceBetween>
    </Container>
  )
}

/** The fourth step: who uses the key, here and in other accounts. */
export function UsersStep({ draft, change }: StepProps): ReactNode {
  const { accounts } = draft
  const edit = (index: number, value: string): void =>
    change({ accounts: accounts.map((one, at) => (at === index ? value : one)), policy: undefined })
  return (
    <SpaceBetween size="l">
      <Container>
        <Principals
          about={texts.usersAbout}
          chosen={draft.users}
          onChange={(users) => change({ users, policy: undefined })}
        />
      </Container>
      <Container
        header={
          <Header variant="h2" description={texts.otherAccountsAbout}>
            {texts.otherAccounts}
          </Header>
        }
      >
        <AttributeEditor
          items={accounts}
          addButtonText={texts.addAccount}
          removeButtonText={TEXTS.common.remove}
          onAddButtonClick={() => change({ accounts: [...accounts, ''] })}
          onRemoveButtonClick={({ detail }) =>
            change({ accounts: accounts.filter((_, at) => at !== detail.itemIndex), policy: undefined })
          }
          definition={[
            {
              label: texts.accountId,
              errorText: (item) => (item === '' || isAccount(item) ? undefined : texts.accountWrong),
              control: (item, index) => (
                <Input
                  value={item}
                  inputMode="numeric"
                  onChange={({ detail }) => edit(index, detail.value)}
                />
              ),
            },
          ]}
        />
      </Container>
    </SpaceBetween>
  )
}

type PrincipalsProps = {
  readonly about: string
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

function Principals({ about, chosen, onChange }: PrincipalsProps): ReactNode {
  const { data = [], error, isPending } = useQuery({ queryKey: ['principals'], queryFn: listPrincipals })
  const option = (value: string) => ({ value, label: shortArn(value) })
  return (
    <SpaceBetween size="m">
      <Failure error={error} />
      <FormField label={texts.principals} description={about}>
        <Multiselect
          selectedOptions={chosen.map(option)}
          options={data.map(option)}
          filteringType="auto"
          placeholder={texts.choose}
          empty={texts.noPrincipals}
          statusType={isPending ? 'loading' : 'finished'}
          onChange={({ detail }) => onChange(detail.selectedOptions.map(({ value = '' }) => value))}
        />
      </FormField>
    </SpaceBetween>
  )
}

type ReviewProps = StepProps & {
  readonly account: string
  readonly policy: string
  /** Whether the policy is JSON. */
  readonly isJson: boolean
}

/** The last step: the policy, as sentences and as text that may be edited. */
export function ReviewStep({ draft, change, account, policy, isJson }: ReviewProps): ReactNode {
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{texts.summary}</Header>}>
        <KeyValuePairs
          columns={4}
          items={[
            { label: texts.type, value: texts.kinds[draft.kind][0] },
            { label: texts.spec, value: draft.spec },
            { label: texts.alias, value: draft.alias || TEXTS.common.none },
            { label: texts.origin, value: WIZARD_TEXTS.origins[draft.origin][0] },
            { label: texts.multiRegion, value: draft.multiRegion ? TEXTS.common.yes : TEXTS.common.no },
            ...(mayReplicate(draft) && draft.replicas.length > 0
              ? [{ label: WIZARD_TEXTS.replicas, value: draft.replicas.join(', ') }]
              : []),
            ...(draft.origin === 'EXTERNAL_KEY_STORE'
              ? [
                  { label: WIZARD_TEXTS.store, value: draft.store },
                  { label: WIZARD_TEXTS.xksKey, value: draft.xksKey },
                ]
              : []),
          ]}
        />
      </Container>
      {draft.policy === undefined && (
        <Container header={<Header variant="h2">{texts.reviewSentences}</Header>}>
          <ul>
            {draftSentences(draft, account).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </Container>
      )}
      <Container header={<Header variant="h2">{texts.policy}</Header>}>
        <FormField label={texts.policy} stretch errorText={isJson ? undefined : texts.policyWrong}>
          <Textarea
            rows={20}
            spellcheck={false}
            value={policy}
            onChange={({ detail }) => change({ policy: detail.value })}
          />
        </FormField>
      </Container>
    </SpaceBetween>
  )
}
