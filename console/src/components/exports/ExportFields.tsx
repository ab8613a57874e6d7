/** The fields of the dialog that asks for an export. What is wrong stands at the field at which it is. */
import type { Problem } from '../../api/problem';
import { asSentence } from '../../api/problem';
import { columnLabel } from '../../lib/query/known-fields';
import { EVENT_TYPES } from '../../lib/query/state';
import { rangeLabel, writtenRange } from '../../lib/time/labels';
import { presetLabel } from '../../lib/time/presets';
import { Checks } from '../../ui/Checks';
import { Checkbox, Radios, Segments } from '../../ui/Choice';
import { TextField } from '../../ui/Field';
import { Columns } from '../../ui/Layout';
import { type Option, Select } from '../../ui/Select';
import { useNow } from '../events/now';
import {
  columnsOf,
  type ExportDraft,
  type ExportSource,
  OFFERED_RANGES,
  problemsOf,
  proposedName,
  rangeOfQuery,
  type Reader,
  type TimeChoice,
  withContent,
} from './export-draft';
import { FORMATS, usualColumns } from './formats';

export interface ExportFieldsProps {
  draft: ExportDraft;
  source: ExportSource | undefined;
  reader: Reader;
  change: (next: Partial<ExportDraft>) => void;
  /** What the server did not take. */
  refused: Problem | undefined;
}

/** Most columns that are told by name. */
const MAX_TOLD_COLUMNS = 6;

/** What the server says is wrong with one of these members. */
function refusedAt(refused: Problem | undefined, ...pointers: string[]): string | undefined {
  const reason = pointers.map((pointer) => refused?.at(pointer)).find((found) => found !== undefined);
  return reason === undefined ? undefined : asSentence(reason);
}

/** What goes into the export. */
export function ContentFields(props: ExportFieldsProps) {
  const { draft, source, reader, change, refused } = props;
  const problems = problemsOf(draft);
  return (
    <>
      <TextField
        label="Export name"
        value={draft.name ?? proposedName(draft, source, reader)}
        onChange={(name) => change({ name })}
        error={problems.name ?? refusedAt(refused, '/name')}
        autoFocus
      />
      {source !== undefined && (
        <Radios
          label="Entries"
          value={draft.content}
          onChange={(content) => change(withContent(draft, content, source))}
          options={[
            { value: 'view', label: source.title, detail: 'With its filters, search, scope and order.' },
            { value: 'all', label: 'All entries', detail: 'Everything that you may export, unfiltered.' },
          ]}
        />
      )}
      <TimeFields {...props} />
      <Checks
        label="Event types to include"
        all="Choose all"
        none="Choose none"
        options={EVENT_TYPES.map((type) => ({ value: type, label: type }))}
        values={draft.eventTypes}
        onChange={(eventTypes) => change({ eventTypes })}
        error={problems.eventTypes ?? refusedAt(refused, '/event_type')}
      />
    </>
  );
}

function TimeFields({ draft, source, reader, change, refused }: ExportFieldsProps) {
  const now = useNow();
  const own = source === undefined ? 'all_time' : rangeOfQuery(source.query);
  const isOwnOffered = OFFERED_RANGES.some((offered) => offered === own);
  const options: readonly Option<TimeChoice>[] = [
    ...(isOwnOffered ? [] : [{ value: 'shown' as const, label: rangeLabel(own, reader.zone) }]),
    ...OFFERED_RANGES.map((value) => ({ value, label: presetLabel(value) })),
    { value: 'custom', label: 'Custom' },
  ];
  const problem = problemsOf(draft).time ?? refusedAt(refused, '/range', '/from', '/to');
  const chosen = draft.time === 'shown' ? own : draft.time;
  const zone = reader.zone.replaceAll('_', ' ');
  const days =
    chosen === 'custom' || chosen === 'all_time' ? '' : `${writtenRange(chosen, { ...reader, now })}, `;
  return (
    <>
      <Select
        label="Time range"
        options={options}
        value={draft.time}
        onChange={(time) => change({ time })}
        description={`${days}${days === '' ? 'In' : 'in'} the time zone ${zone}.`}
        {...(draft.time !== 'custom' && { error: problem })}
      />
      {draft.time === 'custom' && (
        <Columns least={130} gap={3}>
          <TextField
            label="From"
            type="date"
            value={draft.firstDay}
            onChange={(firstDay) => change({ firstDay })}
          />
          <TextField
            label="To, that day included"
            type="date"
            value={draft.lastDay}
            onChange={(lastDay) => change({ lastDay })}
            error={problem}
          />
        </Columns>
      )}
    </>
  );
}

function toldColumns(columns: readonly string[]): string {
  const told = columns.slice(0, MAX_TOLD_COLUMNS).map(columnLabel).join(', ');
  const left = columns.length - MAX_TOLD_COLUMNS;
  return left > 0 ? `${told} and ${left} more.` : `${told}.`;
}

/** How it is written into a file. */
export function FileFields({ draft, source, change, refused }: ExportFieldsProps) {
  const hasColumns = draft.content === 'view' && source !== undefined && source.columns.length > 0;
  const columns = columnsOf(draft);
  return (
    <>
      <Radios
        label="Format"
        value={draft.format}
        onChange={(format) => change({ format })}
        options={FORMATS}
        {...(!hasColumns && { description: `Columns: ${usualColumns(draft.format)}` })}
        error={refusedAt(refused, '/format')}
      />
      {hasColumns && (
        <Segments
          label="Columns"
          value={columns}
          onChange={(chosen) => change({ columns: chosen })}
          options={[
            { value: 'shown', label: source.format === undefined ? 'On screen' : 'As before' },
            { value: 'usual', label: 'The usual ones' },
          ]}
          description={
            columns === 'shown' ? toldColumns(source.columns) : asSentence(usualColumns(draft.format))
          }
          error={refusedAt(refused, '/columns')}
        />
      )}
      <Checkbox isSelected={draft.withReads} onChange={(withReads) => change({ withReads })}>
        Include Evident’s own records of who read the log
      </Checkbox>
    </>
  );
}
