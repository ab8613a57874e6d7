/** Exports: files of the log that are made in the background, and wait here to be downloaded. */
import { lazy, Suspense, useState } from 'react';

import { mayAnywhere } from '../../api/session';
import { ExportList } from '../../components/exports/ExportList';
import type { ExportSource } from '../../components/exports/export-draft';
import { useOrganization } from '../../components/shell/use-organization';
import { Button } from '../../ui/Button';
import { Page } from '../../ui/Layout';
import { ForbiddenState } from '../../ui/States';

const ExportDialog = lazy(() =>
  import('../../components/exports/ExportDialog').then((module) => ({ default: module.ExportDialog })),
);

/** What the dialog is open for. */
interface Asking {
  source: ExportSource | undefined;
}

export function Exports() {
  const organization = useOrganization();
  const [asking, setAsking] = useState<Asking>();
  const mayExport = mayAnywhere(organization, 'events.export');
  return (
    <Page
      title="Exports"
      description="Files of the log, made in the background. Each has exactly the entries that its query showed when it was asked for."
      actions={
        mayExport && (
          <Button look="primary" onPress={() => setAsking({ source: undefined })}>
            Queue Export…
          </Button>
        )
      }
    >
      {mayExport ? (
        <ExportList organization={organization} onAsk={(source) => setAsking({ source })} />
      ) : (
        <ForbiddenState>
          Exporting takes the permission events.export. An administrator of the organization can give you a
          role that has it.
        </ForbiddenState>
      )}
      {asking !== undefined && (
        <Suspense fallback={null}>
          <ExportDialog
            organization={organization}
            source={asking.source}
            isBesideList
            onClose={() => setAsking(undefined)}
          />
        </Suspense>
      )}
    </Page>
  );
}
