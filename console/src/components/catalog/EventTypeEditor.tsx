/** Makes an event type of the organization's own, or replaces one. What is wrong stands at its field. */
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';

import { type CatalogEntry, createEventType, replaceEventType } from '../../api/catalog';
import { explain, isProblem, type Problem } from '../../api/problem';
import { EVENT_TYPES, LEVELS } from '../../lib/query/state';
import { Button, IconButton } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Checkbox } from '../../ui/Choice';
import { Combo } from '../../ui/Combo';
import { TextArea, TextField } from '../../ui/Field';
import { Columns, Form, Row, Stack } from '../../ui/Layout';
import { Modal } from '../../ui/Modal';
import { type Option, Select } from '../../ui/Select';
import { Heading } from '../../ui/Text';
import styles from './Catalog.module.css';
import {
  documentOf,
  type Draft,
  draftOf,
  EMPTY_DRAFT,
  EMPTY_FIELD,
  FIELD_TYPES,
  type FieldDraft,
  mistakeAt,
  otherMistakes,
  type Secrecy,
} from './draft';

/** Most metadata fields that an event type may have. */
const MAX_FIELDS = 64;
const FORM_ID = 'event-type';

const options = <Value extends string>(values: readonly Value[]) =>
  values.map((value) => ({ value, label: value }));

const SECRECY: readonly Option<Secrecy>[] = [
  { value: 'unsaid', label: 'Kept, unless…', detail: 'The server asks where the key is named like a secret' },
  { value: 'kept', label: 'Kept', detail: 'As they are sent' },
  { value: 'secret', label: 'Secret', detail: 'Replaced before anything is kept' },
];

export interface EventTypeEditorProps {
  /** The one that is replaced; undefined: a new one. */
  entry: CatalogEntry | undefined;
  categories: readonly string[];
  onClose: () => void;
  onSaved: (entry: CatalogEntry) => void;
}

export function EventTypeEditor({ entry, categories, onClose, onSaved }: EventTypeEditorProps) {
  const [draft, setDraft] = useState<Draft>(() => (entry === undefined ? EMPTY_DRAFT : draftOf(entry)));
  const [error, setError] = useState<unknown>();
  const [pending, setPending] = useState(false);
  const problem = isProblem(error) ? error : undefined;
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const save = async () => {
    setPending(true);
    setError(undefined);
    try {
      const document = documentOf(draft);
      onSaved(
        await (entry === undefined ? createEventType(document) : replaceEventType(entry.action, document)),
      );
    } catch (reason) {
      setError(reason);
    } finally {
      setPending(false);
    }
  };
  const other = problem === undefined ? error !== undefined && explain(error) : otherMistakes(problem);
  return (
    <Modal
      title={entry === undefined ? 'Add an event type' : `Edit ${entry.name}`}
      isOpen
      onClose={onClose}
      size="l"
      mustBeClosed
      footer={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM_ID} isPending={pending}>
            {entry === undefined ? 'Add event type' : 'Replace event type'}
          </Button>
        </>
      }
    >
      <Form id={FORM_ID} label="Event type" onSubmit={() => void save()}>
        {typeof other === 'string' && <Callout kind="bad">{other}</Callout>}
        {entry !== undefined && (
          <Callout>
            It is replaced as a whole, for events from now on. Its template and which of its fields are secret
            are never shown again: say both anew.
          </Callout>
        )}
        <NamesOf
          draft={draft}
          change={change}
          problem={problem}
          isNew={entry === undefined}
          categories={categories}
        />
        <TextArea
          label="Aliases"
          description="Other names of the same, one in each line."
          rows={2}
          value={draft.aliases}
          onChange={(aliases) => change({ aliases })}
          error={mistakeAt(problem, '/aliases')}
        />
        <TextArea
          label="Description"
          description="What the event means."
          rows={2}
          value={draft.description}
          onChange={(description) => change({ description })}
          error={mistakeAt(problem, '/description')}
          isRequired
        />
        <TextField
          label="Template"
          description="Makes the description of an event that comes without one, such as {actor} paid [invoice {metadata.invoice_id|target.id}|an invoice]"
          mono
          value={draft.template}
          onChange={(template) => change({ template })}
          error={mistakeAt(problem, '/template')}
          isRequired
        />
        <MetadataOf draft={draft} change={change} problem={problem} />
      </Form>
    </Modal>
  );
}

interface PartProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  problem: Problem | undefined;
}

function NamesOf({
  draft,
  change,
  problem,
  isNew,
  categories,
}: PartProps & { isNew: boolean; categories: readonly string[] }) {
  const like = draft.category.toLowerCase();
  return (
    <Columns least={220}>
      <TextField
        label="Action"
        description="Such as invoice.paid. It is never renamed."
        mono
        autoFocus={isNew}
        isDisabled={!isNew}
        value={draft.action}
        onChange={(action) => change({ action })}
        error={mistakeAt(problem, '/action')}
        isRequired
      />
      <TextField
        label="Name"
        description="What people see."
        autoFocus={!isNew}
        value={draft.name}
        onChange={(name) => change({ name })}
        error={mistakeAt(problem, '/name')}
        isRequired
      />
      <Combo
        label="Category"
        value={draft.category}
        onChange={(category) => change({ category })}
        suggestions={categories
          .filter((name) => name.toLowerCase().includes(like))
          .map((value) => ({ value }))}
        error={mistakeAt(problem, '/category')}
        isRequired
      />
      <TextField
        label="Badge"
        description="A short word beside the event type."
        value={draft.badge}
        onChange={(badge) => change({ badge })}
        error={mistakeAt(problem, '/badge')}
        isRequired
      />
      <Select
        label="Event type"
        options={options(EVENT_TYPES)}
        value={draft.eventType}
        onChange={(eventType) => change({ eventType })}
        error={mistakeAt(problem, '/event_type')}
      />
      <Select
        label="Level"
        options={options(LEVELS)}
        value={draft.level}
        onChange={(level) => change({ level })}
        error={mistakeAt(problem, '/level')}
      />
    </Columns>
  );
}

function MetadataOf({ draft, change, problem }: PartProps) {
  const { metadata } = draft;
  const put = (place: number, part: Partial<FieldDraft>) =>
    change({ metadata: metadata.map((field, at) => (at === place ? { ...field, ...part } : field)) });
  const whole = metadata.length === 0 ? mistakeAt(problem, '/metadata') : undefined;
  return (
    <Stack gap={3}>
      <Row justify="between">
        <Heading>Metadata</Heading>
        <Button
          size="s"
          icon={<Plus aria-hidden />}
          isDisabled={metadata.length >= MAX_FIELDS}
          onPress={() => change({ metadata: [...metadata, EMPTY_FIELD] })}
        >
          Add field
        </Button>
      </Row>
      {whole !== undefined && <Callout kind="bad">{whole}</Callout>}
      {metadata.map((field, place) => (
        <MetadataField
          // Fields have no names of their own while they are written.
          key={place}
          field={field}
          at={`/metadata/${place}`}
          problem={problem}
          onChange={(part) => put(place, part)}
          onRemove={() => change({ metadata: metadata.filter((_, at) => at !== place) })}
        />
      ))}
    </Stack>
  );
}

interface MetadataFieldProps {
  field: FieldDraft;
  /** Its pointer. */
  at: string;
  problem: Problem | undefined;
  onChange: (part: Partial<FieldDraft>) => void;
  onRemove: () => void;
}

function MetadataField({ field, at, problem, onChange, onRemove }: MetadataFieldProps) {
  const own = problem?.at(at);
  return (
    <div className={styles['field']}>
      <TextField
        label="Key"
        size="s"
        mono
        placeholder="invoice_id"
        value={field.key}
        onChange={(key) => onChange({ key })}
        error={mistakeAt(problem, `${at}/key`) ?? own}
      />
      <TextField
        label="Name"
        size="s"
        placeholder="Invoice ID"
        value={field.label}
        onChange={(label) => onChange({ label })}
        error={mistakeAt(problem, `${at}/label`)}
      />
      <Select
        label="Type"
        size="s"
        options={options(FIELD_TYPES)}
        value={field.type}
        onChange={(type) => onChange({ type })}
        error={mistakeAt(problem, `${at}/type`)}
      />
      <Select
        label="Values"
        size="s"
        options={SECRECY}
        value={field.secrecy}
        onChange={(secrecy) => onChange({ secrecy })}
        error={mistakeAt(problem, `${at}/secret`)}
      />
      <IconButton label={`Remove the field ${field.key}`} size="s" onPress={onRemove}>
        <Trash2 aria-hidden />
      </IconButton>
      <div className={styles['ticks']}>
        <Checkbox isSelected={field.required} onChange={(required) => onChange({ required })}>
          Required
        </Checkbox>
      </div>
    </div>
  );
}
