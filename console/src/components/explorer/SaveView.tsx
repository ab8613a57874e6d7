/**
 * Saves the look of the page as a view. The button says so once the look has gone on from what the view shows;
 * else it is an icon alone. Its dialogs are fetched when they are opened.
 */
import { Bookmark, BookmarkPlus, Save, Settings2, Undo2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';

import { explain } from '../../api/problem';
import { queryClient } from '../../api/queries';
import { changeView, type SavedView, viewsQuery } from '../../api/views';
import { Button, IconButton } from '../../ui/Button';
import { type LightItem, LightMenu } from '../../ui/LightMenu';
import { toast } from '../../ui/toasts';
import { useLook } from './look';
import { definitionOfLook, standingOf } from './save-view';
import { lookOf } from './saved';
import { useFocusBack } from './use-focus-back';

const SaveViewForm = lazy(() =>
  import('./SaveViewForm').then((module) => ({ default: module.SaveViewForm })),
);
const SaveViewManage = lazy(() =>
  import('./SaveViewManage').then((module) => ({ default: module.SaveViewManage })),
);

/** Nothing in an archived organization: no view is changed there. */
export function SaveView() {
  const look = useLook();
  const { organization, state, view, change } = look;
  const [dialog, setDialog] = useState<'save' | 'manage'>();
  const { place, focusBack } = useFocusBack();
  const standing = standingOf(organization, state, view);
  if (organization.archived) return null;

  /** Goes on from a view that is as the look is now. */
  const settle = (saved: SavedView) => {
    void queryClient.invalidateQueries({ queryKey: viewsQuery(organization.id).queryKey });
    change((now) => ({ ...lookOf(saved), live: now.live, split: now.split }), { replace: true });
  };
  const update = async (of: SavedView) => {
    try {
      const saved = await changeView(of.id, { definition: definitionOfLook(look) });
      keep(organization.id, saved);
      settle(saved);
      toast(`“${saved.name}” is updated`);
    } catch (error) {
      toast(`“${of.name}” was not updated. ${explain(error)}`, 'bad');
    }
  };
  const close = () => {
    setDialog(undefined);
    focusBack();
  };
  const items: LightItem[] = [];
  if (view !== undefined && standing === 'changed, and may be updated') {
    items.push({
      id: 'update',
      label: `Update “${view.name}”`,
      icon: <Save aria-hidden />,
      ...(view.shared && { detail: 'For everybody whom it is shared with' }),
      onAction: () => void update(view),
    });
  }
  items.push({
    id: 'save',
    label: view?.built_in === true || standing === 'changed' ? 'Save as…' : 'Save as a new view…',
    icon: <BookmarkPlus aria-hidden />,
    onAction: () => setDialog('save'),
  });
  if (view !== undefined && standing !== 'as saved') {
    items.push({
      id: 'back',
      label: `Back to “${view.name}”`,
      icon: <Undo2 aria-hidden />,
      onAction: () => change(lookOf(view)),
    });
  }
  items.push({
    id: 'manage',
    label: 'Manage views…',
    icon: <Settings2 aria-hidden />,
    onAction: () => setDialog('manage'),
  });

  return (
    <>
      <span ref={place} style={{ display: 'contents' }}>
        <LightMenu
          label="Save view"
          sections={[{ title: '', items }]}
          trigger={
            standing === 'as saved' ? (
              <IconButton label="Views" size="s">
                <Bookmark aria-hidden />
              </IconButton>
            ) : (
              <Button size="s" icon={<Bookmark aria-hidden />}>
                Save view
              </Button>
            )
          }
        />
      </span>
      <Suspense fallback={null}>
        {dialog === 'save' && (
          <SaveViewForm
            organization={organization}
            definition={definitionOfLook(look)}
            projectId={state.projectId}
            onSaved={(saved) => {
              keep(organization.id, saved);
              settle(saved);
            }}
            onClose={close}
          />
        )}
        {dialog === 'manage' && <SaveViewManage look={look} onClose={close} />}
      </Suspense>
    </>
  );
}

/** The list of views with this one in it, so that the address that names it finds it at once. */
function keep(organizationId: string, saved: SavedView): void {
  queryClient.setQueryData(viewsQuery(organizationId).queryKey, (views) => {
    if (views === undefined) return undefined;
    const isNew = !views.some(({ id }) => id === saved.id);
    return isNew ? [...views, saved] : views.map((view) => (view.id === saved.id ? saved : view));
  });
}
