/** The saved views that the person may change: renamed, shared or kept to oneself, and deleted. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Lock, Pencil, Trash2, Users } from 'lucide-react';
import { useState } from 'react';

import { asSentence, explain, isProblem } from '../../api/problem';
import {
  changeView,
  DASHBOARD_VIEW,
  deleteView,
  type SavedView,
  type ViewChange,
  viewsQuery,
} from '../../api/views';
import { visibleText } from '../../lib/text/visible';
import { Button, IconButton } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { TextField } from '../../ui/Field';
import { Fill, Form, Row } from '../../ui/Layout';
import { Confirm, Modal } from '../../ui/Modal';
import { Said } from '../../ui/Said';
import { EmptyState, Skeleton } from '../../ui/States';
import { toast } from '../../ui/toasts';
import type { Look } from './look';
import { audience, mayChange, mayShare, nameProblem, projectOf } from './save-view';
import { lookOf } from './saved';
import styles from './SaveViewManage.module.css';

export interface SaveViewManageProps {
  look: Look;
  onClose: () => void;
}

/** What is asked before it is done. */
interface Asked {
  view: SavedView;
  act: 'delete' | 'share' | 'unshare';
}

export function SaveViewManage({ look, onClose }: SaveViewManageProps) {
  const { organization } = look;
  const queries = useQueryClient();
  const views = useQuery(viewsQuery(organization.id)).data;
  const [renamedId, setRenamedId] = useState<string>();
  const [asked, setAsked] = useState<Asked>();
  const saved = views?.filter(({ built_in }) => !built_in) ?? [];
  const refresh = () => queries.invalidateQueries({ queryKey: viewsQuery(organization.id).queryKey });

  const confirm = async ({ view, act }: Asked) => {
    if (act === 'delete') {
      await deleteView(view.id);
      if (look.view?.id === view.id) {
        // The address names it: it goes on as the first view, with nothing of this one.
        const first = look.views.find(({ id }) => id === DASHBOARD_VIEW);
        if (first !== undefined) look.change(lookOf(first), { replace: true });
      }
    } else {
      await changeView(view.id, { shared: act === 'share' });
    }
    await refresh();
    toast(`“${visibleText(view.name)}” is ${WORDS[act].done}`);
  };

  return (
    <>
      <Modal title="Manage views" isOpen onClose={onClose} footer={<Button onPress={onClose}>Done</Button>}>
        {views === undefined && <Skeleton lines={3} label="Loading the views" />}
        {views !== undefined && saved.length === 0 && (
          <EmptyState title="No saved views yet">
            Look at something, then choose Save as… to find it here again. The three views that everybody has
            stay as they are.
          </EmptyState>
        )}
        <ul className={styles['views']} aria-label="Saved views">
          {saved.map((view) => (
            <li key={view.id} className={styles['view']}>
              {renamedId === view.id ? (
                <Rename view={view} onRenamed={refresh} onClose={() => setRenamedId(undefined)} />
              ) : (
                <ViewLine
                  look={look}
                  view={view}
                  onRename={() => setRenamedId(view.id)}
                  onAct={(act) => setAsked({ view, act })}
                />
              )}
            </li>
          ))}
        </ul>
      </Modal>
      {asked !== undefined && (
        <Confirm
          title={`${WORDS[asked.act].title} “${visibleText(asked.view.name)}”?`}
          action={WORDS[asked.act].action}
          isDangerous={asked.act !== 'share'}
          isOpen
          onClose={() => setAsked(undefined)}
          onConfirm={() => confirm(asked)}
          explain={explain}
        >
          {consequence(asked, audience(organization, projectOf(asked.view)))}
        </Confirm>
      )}
    </>
  );
}

const WORDS: Readonly<Record<Asked['act'], { title: string; action: string; done: string }>> = {
  delete: { title: 'Delete', action: 'Delete the view', done: 'deleted' },
  share: { title: 'Share', action: 'Share the view', done: 'shared' },
  unshare: { title: 'Stop sharing', action: 'Stop sharing', done: 'no longer shared' },
};

/** What happens, and to whom. */
function consequence({ view, act }: Asked, everybody: string): string {
  if (act === 'share') {
    return `${everybody} finds it among the views then. What one sees in it is what one may read anyway.`;
  }
  const others = view.own
    ? everybody
    : `Its owner, and ${everybody.charAt(0).toLowerCase()}${everybody.slice(1)},`;
  if (act === 'delete') {
    return view.shared
      ? `${others} has it no more. Links to it lead to the Dashboard.`
      : 'Links to it lead to the Dashboard then.';
  }
  return view.own
    ? `It stays yours. ${everybody} has it no more.`
    : `It stays with its owner alone. You have it no more, and cannot share it again.`;
}

interface ViewLineProps {
  look: Look;
  view: SavedView;
  onRename: () => void;
  onAct: (act: Asked['act']) => void;
}

function ViewLine({ look: { organization }, view, onRename, onAct }: ViewLineProps) {
  const isMine = mayChange(organization, view);
  const projectId = projectOf(view);
  const canShare = view.shared ? isMine : isMine && mayShare(organization, projectId);
  const who = view.shared ? audience(organization, projectId) : 'Only you';
  return (
    <>
      <Fill>
        <Said text={view.name} strong />
        <p className={styles['who']}>{view.own ? who : `Shared with you. ${who} has it.`}</p>
      </Fill>
      {isMine && (
        <Row gap={1} wrap={false}>
          <IconButton label={`Rename ${view.name}`} size="s" onPress={onRename}>
            <Pencil aria-hidden />
          </IconButton>
          <IconButton
            label={view.shared ? `Stop sharing ${view.name}` : `Share ${view.name}`}
            size="s"
            isDisabled={!canShare}
            onPress={() => onAct(view.shared ? 'unshare' : 'share')}
          >
            {view.shared ? <Lock aria-hidden /> : <Users aria-hidden />}
          </IconButton>
          <IconButton label={`Delete ${view.name}`} size="s" onPress={() => onAct('delete')}>
            <Trash2 aria-hidden />
          </IconButton>
        </Row>
      )}
    </>
  );
}

interface RenameProps {
  view: SavedView;
  onRenamed: () => Promise<void>;
  onClose: () => void;
}

function Rename({ view, onRenamed, onClose }: RenameProps) {
  const [name, setName] = useState(view.name);
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const problem = nameProblem(name);
  const refused = isProblem(error) ? error.at('/name') : undefined;
  const rename = async () => {
    if (problem !== undefined || isPending) return;
    setPending(true);
    setError(undefined);
    try {
      const change: ViewChange = { name: name.trim() };
      await changeView(view.id, change);
      await onRenamed();
      onClose();
    } catch (reason) {
      setError(reason);
      setPending(false);
    }
  };
  return (
    <Fill>
      <Form label={`Rename ${view.name}`} onSubmit={() => void rename()}>
        <Row gap={2} align="start">
          <Fill>
            <TextField
              label="Name of the view"
              hideLabel
              value={name}
              onChange={setName}
              error={problem ?? (refused === undefined ? undefined : asSentence(refused))}
              autoFocus
            />
          </Fill>
          <Button look="primary" type="submit" isPending={isPending} isDisabled={problem !== undefined}>
            Rename
          </Button>
          <Button onPress={onClose}>Cancel</Button>
        </Row>
        {error !== undefined && refused === undefined && <Callout kind="bad">{explain(error)}</Callout>}
      </Form>
    </Fill>
  );
}
