/** The API keys of an organization. */
import { useQuery } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';

import { keysQuery, type MadeKey } from '../../api/keys';
import { mayAnywhere } from '../../api/session';
import { KeyShown } from '../../components/settings/keys/KeyShown';
import { KeyTable } from '../../components/settings/keys/KeyTable';
import { NewKey } from '../../components/settings/keys/NewKey';
import { Loaded } from '../../components/settings/Loaded';
import { NoPermission } from '../../components/settings/NoPermission';
import { useStanding } from '../../components/settings/standing';
import { useRefresh } from '../../components/settings/use-refresh';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Layout';
import { EmptyState } from '../../ui/States';

export function Keys() {
  const { organization, isArchived, mayTakeAwayAnywhere } = useStanding();
  const query = useQuery(keysQuery(organization.id));
  const refresh = useRefresh();
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<MadeKey>();
  const makes = mayAnywhere(organization, 'keys.manage') && !isArchived;
  const show = async (key: MadeKey) => {
    setMaking(false);
    // Shown before the list is asked again: nothing may come between the key and who waits for it.
    setMade(key);
    await refresh();
  };
  const make = makes && (
    <Button look="primary" icon={<Plus aria-hidden />} onPress={() => setMaking(true)}>
      New API key
    </Button>
  );
  return (
    <Page
      title="API keys"
      description="Programs show who they are by a key. What a key did is in the events that name it."
      actions={make}
    >
      {!makes && (
        <NoPermission
          permission="keys.manage"
          what="see or change API keys"
          still={mayTakeAwayAnywhere('keys.manage') && 'revoke keys'}
        />
      )}
      <Loaded query={query} what="The API keys">
        {(keys) =>
          keys.length === 0 ? (
            <EmptyState title="There is no key yet" icon={<KeyRound aria-hidden />} action={make}>
              A program needs one to record or read events.
            </EmptyState>
          ) : (
            <KeyTable keys={keys} onMade={show} />
          )
        }
      </Loaded>
      {isMaking && <NewKey onClose={() => setMaking(false)} onMade={show} />}
      {made !== undefined && <KeyShown made={made} onClose={() => setMade(undefined)} />}
    </Page>
  );
}
