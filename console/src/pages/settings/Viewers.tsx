/** Viewer tokens: letting others read a part of the log for a while, such as the pages of one's own product. */
import { useQuery } from '@tanstack/react-query';
import { MonitorPlay, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';

import { may, mayAnywhere } from '../../api/session';
import { type Issuer, issuersQuery, type MadeToken } from '../../api/viewers';
import { Loaded } from '../../components/settings/Loaded';
import { NoPermission } from '../../components/settings/NoPermission';
import { useStanding } from '../../components/settings/standing';
import { useRefresh } from '../../components/settings/use-refresh';
import { HowToEmbed } from '../../components/settings/viewers/HowToEmbed';
import { IssuerForm } from '../../components/settings/viewers/IssuerForm';
import { IssuerTable } from '../../components/settings/viewers/IssuerTable';
import { MakeToken } from '../../components/settings/viewers/MakeToken';
import { TokenShown } from '../../components/settings/viewers/TokenShown';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Page } from '../../ui/Layout';
import { EmptyState } from '../../ui/States';
import { toast } from '../../ui/toasts';

/** A dialog that is open, and the issuer that it is about, if it is about one. */
type Open = { dialog: 'issuer' | 'token'; issuer?: Issuer };

/** Stands for an issuer in the example, until there is one. */
const ANY_ISSUER = 'vis_…';

export function Viewers() {
  const { organization, isArchived, mayChange, mayTakeAway } = useStanding();
  const refresh = useRefresh();
  const [open, setOpen] = useState<Open>();
  const [made, setMade] = useState<MadeToken>();
  const close = () => setOpen(undefined);
  const issuesAll = may(organization, 'viewers.issue');
  const issuesSome = mayAnywhere(organization, 'viewers.issue') && !isArchived;
  const makeIssuer = mayChange('viewers.issue') && (
    <Button look="primary" icon={<Plus aria-hidden />} onPress={() => setOpen({ dialog: 'issuer' })}>
      New issuer
    </Button>
  );
  return (
    <Page
      title="Viewer tokens"
      description="They let somebody read events for a while who has no account here, such as your customers on your own pages."
      actions={makeIssuer}
    >
      {!issuesSome && (
        <NoPermission
          permission="viewers.issue"
          what="issue viewer tokens"
          still={mayTakeAway('viewers.issue') && 'revoke issuers'}
        />
      )}
      {issuesAll ? (
        <Issuers make={makeIssuer} onOpen={setOpen} />
      ) : (
        issuesSome && (
          <Callout
            title="You make tokens for some projects"
            action={
              <Button size="s" onPress={() => setOpen({ dialog: 'token' })}>
                Make a token…
              </Button>
            }
          >
            Issuers are made by who may issue tokens in the whole organization. Ask them for the id of one.
          </Callout>
        )
      )}
      {open?.dialog === 'issuer' && (
        <IssuerForm
          issuer={open.issuer}
          onClose={close}
          onSaved={async ({ name }) => {
            await refresh();
            toast(`${name} is saved`);
            close();
          }}
        />
      )}
      {open?.dialog === 'token' && (
        <MakeToken
          issuer={open.issuer}
          onClose={close}
          onMade={(token) => {
            close();
            setMade(token);
          }}
        />
      )}
      {made !== undefined && <TokenShown made={made} onClose={() => setMade(undefined)} />}
    </Page>
  );
}

function Issuers({ make, onOpen }: { make: ReactNode; onOpen: (open: Open) => void }) {
  const { organization, mayChange, mayTakeAway } = useStanding();
  const query = useQuery(issuersQuery(organization.id));
  return (
    <Loaded query={query} what="The issuers">
      {(issuers) => (
        <>
          {issuers.length === 0 ? (
            <EmptyState title="There is no issuer yet" icon={<MonitorPlay aria-hidden />} action={make}>
              Tokens are made in the name of an issuer, which says whose pages may use them. Revoking it ends
              all of its tokens at once.
            </EmptyState>
          ) : (
            <IssuerTable
              issuers={issuers}
              mayChange={mayChange('viewers.issue')}
              mayRevoke={mayTakeAway('viewers.issue')}
              onToken={(issuer) => onOpen({ dialog: 'token', issuer })}
              onChange={(issuer) => onOpen({ dialog: 'issuer', issuer })}
            />
          )}
          <HowToEmbed issuerId={issuers[0]?.id ?? ANY_ISSUER} />
        </>
      )}
    </Loaded>
  );
}
