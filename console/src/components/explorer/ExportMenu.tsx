/**
 * The export button of the explorer's bar: what is shown as a file at once, or as one that is made in the
 * background. The dialog that asks for the latter is fetched when it is opened.
 */
import { Columns3, Download, FileClock, FileDown, List } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';

import { csvAddress } from '../../api/events';
import { places } from '../../api/places';
import { mayAnywhere, mayIn } from '../../api/session';
import { IconButton } from '../../ui/Button';
import { LightMenu, type LightSection } from '../../ui/LightMenu';
import { type Look, useLook } from './look';
import { useFocusBack } from './use-focus-back';

const ExportDialog = lazy(() =>
  import('../exports/ExportDialog').then((module) => ({ default: module.ExportDialog })),
);

export interface ExportMenuProps {
  isOpen?: boolean;
  onOpenChange?: (isOpen: boolean) => void;
}

/** Whether what is looked at may be exported. */
function mayExport({ organization, state }: Look): boolean {
  return state.projectId === undefined
    ? mayAnywhere(organization, 'events.export')
    : mayIn(organization, state.projectId, 'events.export');
}

function sectionsOf(look: Look, onQueue: () => void): readonly LightSection[] {
  const { query, columns, organization } = look;
  const isDisabled = !mayExport(look);
  const file = (id: string, label: string, detail: string, icon: typeof FileDown, href: string) => {
    const Icon = icon;
    return {
      id,
      label,
      icon: <Icon aria-hidden />,
      ...(isDisabled ? { isDisabled } : { href, download: true }),
      detail,
    };
  };
  const why = 'Your role does not export from this project.';
  return [
    {
      title: 'What is shown',
      items: [
        file(
          'usual',
          'CSV now',
          isDisabled ? why : 'Date, event, category, description, user, IP address',
          FileDown,
          csvAddress(query),
        ),
        file(
          'columns',
          'CSV now, the columns on screen',
          isDisabled ? why : `${columns.length} columns, in their order`,
          Columns3,
          csvAddress(query, columns),
        ),
      ],
    },
    {
      title: 'In the background',
      items: [
        {
          id: 'queue',
          label: 'Queue Export…',
          detail: 'Large files, Excel, NDJSON, Parquet',
          icon: <FileClock aria-hidden />,
          onAction: onQueue,
        },
        {
          id: 'all',
          label: 'All exports',
          icon: <List aria-hidden />,
          href: places.exports(organization.id),
        },
      ],
    },
  ];
}

/** Nothing for those who may not export anything. */
export function ExportMenu({ isOpen, onOpenChange }: ExportMenuProps) {
  const look = useLook();
  const [isAsking, setAsking] = useState(false);
  const { place, focusBack } = useFocusBack();
  if (!mayAnywhere(look.organization, 'events.export')) return null;
  return (
    <>
      <span ref={place} style={{ display: 'contents' }}>
        <LightMenu
          label="Export Log"
          at="bottom end"
          {...(isOpen !== undefined && { isOpen })}
          {...(onOpenChange !== undefined && { onOpenChange })}
          trigger={
            <IconButton label="Export Log" look="plain" shortcut="e">
              <Download aria-hidden />
            </IconButton>
          }
          sections={sectionsOf(look, () => setAsking(true))}
        />
      </span>
      {isAsking && (
        <Suspense fallback={null}>
          <ExportDialog
            organization={look.organization}
            source={
              mayExport(look)
                ? {
                    title: 'This view',
                    query: look.query,
                    columns: look.columns,
                    name: look.view?.name ?? 'Events',
                  }
                : undefined
            }
            onClose={() => {
              setAsking(false);
              focusBack();
            }}
          />
        </Suspense>
      )}
    </>
  );
}
