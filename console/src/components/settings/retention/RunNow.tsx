/** Runs retention at once, after a dry run has said what goes by it. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { explain } from '../../../api/problem';
import { previewQuery, runRetention } from '../../../api/retention';
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { TextField } from '../../../ui/Field';
import { Modal } from '../../../ui/Modal';
import { toast } from '../../../ui/toasts';
import { useStanding } from '../standing';
import { useRefresh } from '../use-refresh';
import { DryRun } from './DryRun';

export function RunNow({ onClose }: { onClose: () => void }) {
  const { organization } = useStanding();
  const refresh = useRefresh();
  const preview = useQuery(previewQuery(organization.id, {}));
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  const [isPending, setPending] = useState(false);
  // Where the dry run failed, nobody knows: then it is asked as if something went.
  const asksName = !preview.isFetching && preview.data?.total.events !== 0;
  const run = async () => {
    setPending(true);
    setError(undefined);
    try {
      await runRetention();
      await refresh();
      toast('Retention runs');
      onClose();
    } catch (reason) {
      setError(explain(reason));
    } finally {
      setPending(false);
    }
  };
  return (
    <Modal
      title="Run retention now?"
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            look={asksName ? 'danger' : 'primary'}
            isPending={isPending}
            isDisabled={preview.isFetching || (asksName && typed !== organization.name)}
            onPress={() => void run()}
          >
            Run it now
          </Button>
        </>
      }
    >
      <p>
        It follows the rules as they are set, without waiting for the night. Events that have gone do not come
        back.
      </p>
      <DryRun preview={preview} />
      {asksName && (
        <TextField label={`Type “${organization.name}” to go on`} value={typed} onChange={setTyped} />
      )}
      {error !== undefined && <Callout kind="bad">{error}</Callout>}
    </Modal>
  );
}
