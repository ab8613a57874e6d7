/**
 * Asks for an export: a name, a range, the types of events and a format, of what the view shows or of all
 * entries. It is made in the background; the page of exports tells how far it is.
 */
import { useId, useState } from 'react';

import { createExport } from '../../api/exports';
import { places } from '../../api/places';
import { explain, isProblem, type Problem } from '../../api/problem';
import type { OwnOrganization } from '../../api/session';
import { ownWeekStart } from '../../lib/time/week-start';
import { ownZone } from '../../lib/time/zones';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Columns, Form, Stack } from '../../ui/Layout';
import { Modal } from '../../ui/Modal';
import { toast } from '../../ui/toasts';
import { type ExportDraft, type ExportSource, newExportOf, openDraft, type Reader } from './export-draft';
import { ContentFields, FileFields } from './ExportFields';
import { RowEstimate } from './RowEstimate';

export interface ExportDialogProps {
  organization: OwnOrganization;
  /** Undefined: there is nothing but all entries. */
  source: ExportSource | undefined;
  /** It is asked for beside the list of exports: no need to lead there. */
  isBesideList?: boolean;
  onClose: () => void;
}

/** Members of what is sent that have a field of their own in the dialog. */
const AT_FIELDS = ['/name', '/format', '/columns', '/range', '/from', '/to', '/event_type'];

/** Whether each mistake stands at its field already. */
function isAtFields(problem: Problem): boolean {
  return problem.entries.length > 0 && problem.entries.every(({ pointer }) => AT_FIELDS.includes(pointer));
}

/** What went wrong, where no field shows it. */
function Refusal({ error }: { error: unknown }) {
  if (isProblem(error) && isAtFields(error)) return null;
  return (
    <Callout kind="bad" title="The export was not queued">
      {explain(error)}
    </Callout>
  );
}

export function ExportDialog({ organization, source, isBesideList = false, onClose }: ExportDialogProps) {
  const form = useId();
  const [reader] = useState((): Reader => ({
    zone: source?.query.tz ?? ownZone(),
    weekStart: source?.query.week_start ?? ownWeekStart(),
  }));
  const [draft, setDraft] = useState(() => openDraft(source, reader, Date.now()));
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const asked = newExportOf(draft, source, reader);
  const refused = isProblem(error) ? error : undefined;

  const link = { label: 'All exports', href: places.exports(organization.id) };

  const change = (next: Partial<ExportDraft>) => {
    setDraft((now) => ({ ...now, ...next }));
    setError(undefined);
  };
  const queue = async () => {
    if (asked === undefined || isPending) return;
    setPending(true);
    setError(undefined);
    try {
      const made = await createExport(organization.id, asked);
      toast(`“${made.name}” is queued`, 'plain', isBesideList ? undefined : link);
      onClose();
    } catch (reason) {
      setError(reason);
      setPending(false);
    }
  };
  const fields = { draft, source, reader, change, refused };

  return (
    <Modal
      title="Export Log"
      isOpen
      size="l"
      onClose={onClose}
      footer={
        <>
          <RowEstimate organizationId={organization.id} draft={draft} source={source} reader={reader} />
          <Button onPress={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form={form}
            isPending={isPending}
            isDisabled={asked === undefined}
          >
            Queue Export
          </Button>
        </>
      }
    >
      <Form id={form} label="Export Log" onSubmit={() => void queue()}>
        <Columns least={300} gap={5}>
          <Stack gap={4}>
            <ContentFields {...fields} />
          </Stack>
          <Stack gap={4}>
            <FileFields {...fields} />
          </Stack>
        </Columns>
        {error !== undefined && <Refusal error={error} />}
      </Form>
    </Modal>
  );
}
