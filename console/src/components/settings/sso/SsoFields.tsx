/** The fields of a sign-on provider. */
import type { PermissionEntry, Role } from '../../../api/roles';
import {
  canKeepSecret,
  type Provider,
  type SecretChoice,
  type SsoDraft,
  type SsoMistakes,
} from '../../../lib/settings/sso';
import { type ChoiceOption, Radios, Switch } from '../../../ui/Choice';
import { TextArea, TextField } from '../../../ui/Field';
import { Card, Section, Stack } from '../../../ui/Layout';
import { Words } from '../../../ui/Text';
import { GroupRoles } from './GroupRoles';

export interface SsoFieldsProps {
  provider: Provider | undefined;
  draft: SsoDraft;
  onChange: (part: Partial<SsoDraft>) => void;
  mistakes: SsoMistakes;
  isDisabled: boolean;
}

export function ProviderFields({ provider, draft, onChange, mistakes, isDisabled }: SsoFieldsProps) {
  return (
    <Section title="The provider">
      <Card>
        <TextField
          label="Issuer"
          type="url"
          mono
          placeholder="https://login.acme.example/realms/acme"
          description="Exactly as the provider names itself, the last slash included."
          value={draft.issuer}
          onChange={(issuer) => onChange({ issuer })}
          error={mistakes.issuer}
          isDisabled={isDisabled}
          isRequired
        />
        <TextField
          label="Client id"
          mono
          description="What the provider calls this server."
          value={draft.clientId}
          onChange={(clientId) => onChange({ clientId })}
          error={mistakes.clientId}
          isDisabled={isDisabled}
          autoComplete="off"
          isRequired
        />
        <SecretField
          provider={provider}
          draft={draft}
          onChange={onChange}
          mistakes={mistakes}
          isDisabled={isDisabled}
        />
        <TextArea
          label="E-mail domains that are let in"
          description="Whole names, a line each; what is below a domain is not let in with it. The provider must say that it has verified the address."
          placeholder="acme.example"
          rows={2}
          mono
          value={draft.domains}
          onChange={(domains) => onChange({ domains })}
          error={mistakes.domains}
          isDisabled={isDisabled}
        />
      </Card>
    </Section>
  );
}

function SecretField({ provider, draft, onChange, mistakes, isDisabled }: SsoFieldsProps) {
  const keeps = canKeepSecret(provider, draft);
  const options: ChoiceOption<SecretChoice>[] = [
    ...(provider === undefined
      ? []
      : [
          {
            value: 'keep' as const,
            label: provider.has_client_secret ? 'Keep the one that is set' : 'Keep: none is set',
            detail: keeps ? 'It is never shown.' : 'Not with another issuer or client',
            isDisabled: !keeps,
          },
        ]),
    { value: 'new', label: provider === undefined ? 'There is one' : 'Another one' },
    { value: 'none', label: 'None', detail: 'The client is a public one' },
  ];
  return (
    <>
      <Radios
        label="Client secret"
        options={options}
        value={draft.secretChoice}
        onChange={(secretChoice) => onChange({ secretChoice })}
        error={draft.secretChoice === 'new' ? undefined : mistakes.secret}
        isDisabled={isDisabled}
      />
      {draft.secretChoice === 'new' && (
        <TextField
          label="The secret"
          type="password"
          autoComplete="off"
          description="It is kept sealed, and nobody can read it here again."
          value={draft.secret}
          onChange={(secret) => onChange({ secret })}
          error={mistakes.secret}
          isDisabled={isDisabled}
        />
      )}
    </>
  );
}

export interface GroupFieldsProps extends SsoFieldsProps {
  roles: readonly Role[];
  permissions: readonly PermissionEntry[];
  own: readonly string[];
}

export function GroupFields({
  draft,
  onChange,
  mistakes,
  isDisabled,
  roles,
  permissions,
  own,
}: GroupFieldsProps) {
  return (
    <Section title="Groups and roles">
      <Card>
        <Words as="p" tone="muted">
          Where a group is listed, roles follow the groups at each sign-in: the first in this order that a
          person is in counts, and who is in none of them gets the default role.
        </Words>
        <GroupRoles
          groupRoles={draft.groupRoles}
          onChange={(groupRoles) => onChange({ groupRoles })}
          roles={roles}
          permissions={permissions}
          own={own}
          isDisabled={isDisabled}
          error={mistakes.groupRoles}
        />
        <Switch
          isSelected={draft.requireGroup}
          onChange={(requireGroup) => onChange({ requireGroup })}
          isDisabled={isDisabled}
        >
          Keep out who is in none of these groups
        </Switch>
        <Stack gap={4}>
          <TextField
            label="Claim that lists groups"
            mono
            value={draft.groupsClaim}
            onChange={(groupsClaim) => onChange({ groupsClaim })}
            error={mistakes.groupsClaim}
            isDisabled={isDisabled}
          />
          <TextField
            label="Scopes"
            mono
            description="What is asked for beside openid. Many providers want “groups” here to send groups."
            value={draft.scopes}
            onChange={(scopes) => onChange({ scopes })}
            error={mistakes.scopes}
            isDisabled={isDisabled}
          />
        </Stack>
      </Card>
    </Section>
  );
}
