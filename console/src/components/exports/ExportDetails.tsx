/** All that there is to know of an export, and how to find out that its file arrived as it was made. */
import { columnLabel } from '../../lib/query/known-fields';
import { numberLabel } from '../../lib/text/numbers';
import { absoluteTime, durationLabel } from '../../lib/time/formats';
import { ownZone } from '../../lib/time/zones';
import type { Export } from '../../api/exports';
import { CodeBlock, Copyable } from '../../ui/Copy';
import { type Fact, Facts } from '../../ui/Facts';
import { Said } from '../../ui/Said';
import { Heading } from '../../ui/Text';
import { Tabs } from '../../ui/Tabs';
import { rangeOfExport } from './asked';
import styles from './Exports.module.css';
import { checksOf } from './export-words';

export interface ExportDetailsProps {
  id: string;
  exported: Export;
  maker: string;
}

/** How long it took to make. */
function took({ started_at: from, finished_at: to }: Export): string | undefined {
  if (from === null || to === null) return undefined;
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isFinite(ms) && ms >= 0 ? durationLabel(ms) : undefined;
}

function factsOf(exported: Export, maker: string): readonly Fact[] {
  const zone = ownZone();
  const at = (instant: string) => `${absoluteTime(instant, zone, 'seconds')} (${zone.replaceAll('_', ' ')})`;
  const range = rangeOfExport(exported);
  const duration = took(exported);
  return [
    { name: 'File', value: <Said text={exported.file_name} mono /> },
    { name: 'Asked for by', value: <Said text={maker} /> },
    { name: 'Asked for at', value: at(exported.created_at) },
    ...(exported.finished_at === null
      ? []
      : [
          {
            name: 'Ended at',
            value: `${at(exported.finished_at)}${duration === undefined ? '' : `, after ${duration}`}`,
          },
        ]),
    ...(exported.expires_at === null ? [] : [{ name: 'File kept until', value: at(exported.expires_at) }]),
    ...(range === undefined ? [] : [{ name: 'Range', value: range }]),
    {
      name: 'Columns',
      value: (
        <Said
          text={
            exported.columns.length === 0
              ? 'The usual ones of the format'
              : exported.columns.map(columnLabel).join(', ')
          }
        />
      ),
    },
    {
      name: 'Log at that moment',
      value: `${numberLabel(exported.as_of)} entries. What came later is not in the file.`,
    },
    { name: 'Export ID', value: <Copyable text={exported.id} what="Export ID" /> },
  ];
}

export function ExportDetails({ id, exported, maker }: ExportDetailsProps) {
  return (
    <div id={id} className={styles['details']}>
      <Facts facts={factsOf(exported, maker)} />
      {exported.sha256 !== null && <FileCheck sha256={exported.sha256} fileName={exported.file_name} />}
    </div>
  );
}

function FileCheck({ sha256, fileName }: { sha256: string; fileName: string }) {
  return (
    <div className={styles['check']}>
      <Heading level={2}>SHA-256 of the file</Heading>
      <CodeBlock text={sha256} what="SHA-256" wrap />
      <p>To find out that the file arrived whole, let your system compute the same, and compare:</p>
      <Tabs
        label="System"
        items={checksOf(fileName).map(({ system, command }) => ({
          id: system,
          label: system,
          content: <CodeBlock text={command} what={`Command for ${system}`} wrap />,
        }))}
      />
    </div>
  );
}
