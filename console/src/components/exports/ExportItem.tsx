/** One export of the list: what it is, how far it is, and what can be done with it. */
import {
  ChevronDown,
  ChevronRight,
  Download,
  Ellipsis,
  RefreshCw,
  SquareArrowOutUpRight,
  Trash2,
  X,
} from 'lucide-react';
import { useId, useState } from 'react';

import { type Export, fileAddress } from '../../api/exports';
import { places } from '../../api/places';
import { bytesLabel, plural } from '../../lib/text/numbers';
import { absoluteTime, parseInstant, relativeTime } from '../../lib/time/formats';
import { ownZone } from '../../lib/time/zones';
import { Badge } from '../../ui/Badge';
import { Button, ButtonLink, IconButton } from '../../ui/Button';
import { Menu, MenuItem } from '../../ui/Menu';
import { Progress } from '../../ui/Progress';
import { Said } from '../../ui/Said';
import { useNow } from '../events/now';
import { searchOfExport } from './asked';
import { ExportDetails } from './ExportDetails';
import styles from './Exports.module.css';
import { progressWords, reasonWords, STATUSES, staysWords } from './export-words';
import { formatLabel } from './formats';
import { isUnfinished } from './pace';

export interface ExportItemProps {
  exported: Export;
  organizationId: string;
  /** The query in words. */
  words: string;
  /** Whether the person may cancel and delete it. */
  mayRemove: boolean;
  onRemove: () => void;
  /** Undefined where it cannot be asked from here. */
  onAgain: (() => void) | undefined;
}

/** Who asked for it, as people know them. */
function makerName({ created_by: maker }: Export): string {
  const name = [maker.name, maker.email ?? '', maker.id].find((text) => text !== '') ?? maker.id;
  return maker.type === 'api_key' ? `API key ${name}` : name;
}

export function ExportItem(props: ExportItemProps) {
  const { exported, words } = props;
  const [isOpen, setOpen] = useState(false);
  const details = useId();
  const { label, tone } = STATUSES[exported.status];
  return (
    <li className={styles['item']} aria-label={exported.name}>
      <div className={styles['line']}>
        <div className={styles['what']}>
          <div className={styles['title']}>
            <Said text={exported.name} strong />
            <Badge tone={tone} dot={isUnfinished(exported)}>
              {label}
            </Badge>
          </div>
          <div className={styles['query']}>
            <Said text={words} />
          </div>
          <FactLine exported={exported} />
        </div>
        <div className={styles['acts']}>
          <Acts {...props} />
          <IconButton
            label={isOpen ? 'Hide the details' : 'Show the details'}
            aria-expanded={isOpen}
            {...(isOpen && { 'aria-controls': details })}
            onPress={() => setOpen(!isOpen)}
          >
            {isOpen ? <ChevronDown aria-hidden /> : <ChevronRight aria-hidden />}
          </IconButton>
        </div>
      </div>
      <State exported={exported} />
      {isOpen && <ExportDetails id={details} exported={exported} maker={makerName(exported)} />}
    </li>
  );
}

function FactLine({ exported }: { exported: Export }) {
  return (
    <div className={styles['facts']}>
      <span>{formatLabel(exported.format)}</span>
      {exported.rows !== null && <span>{plural(exported.rows, 'entry', 'entries')}</span>}
      {exported.size !== null && <span>{bytesLabel(exported.size)}</span>}
      <span>
        <Said text={makerName(exported)} />, <Since instant={exported.created_at} />
      </span>
      {exported.status === 'complete' && exported.expires_at !== null && (
        <Stays expiresAt={exported.expires_at} />
      )}
    </div>
  );
}

/** How long ago it was. The clock of the page may be a little behind the server's: nothing here is yet to come. */
function Since({ instant }: { instant: string }) {
  const now = useNow();
  const zone = ownZone();
  const at = parseInstant(instant) ?? now;
  return (
    <time dateTime={instant} title={absoluteTime(instant, zone, 'microseconds')}>
      {relativeTime(instant, zone, Math.max(now, at))}
    </time>
  );
}

/** Until when the file is there. */
function Stays({ expiresAt }: { expiresAt: string }) {
  const now = useNow();
  const inWords = staysWords(expiresAt, now);
  if (inWords === undefined) return <span>Expires now</span>;
  return (
    <span>
      Expires {inWords} (<time dateTime={expiresAt}>{absoluteTime(expiresAt, ownZone(), 'seconds')}</time>)
    </span>
  );
}

/** What is to be known while there is no file, or none any more. */
function State({ exported }: { exported: Export }) {
  switch (exported.status) {
    case 'queued':
    case 'running':
      return (
        <div className={styles['progress']}>
          {exported.status === 'running' && (
            <Progress
              label={`Progress of ${exported.name}`}
              {...(exported.progress.percent !== null && { value: exported.progress.percent })}
            />
          )}
          <span>{progressWords(exported)}</span>
        </div>
      );
    case 'failed':
      return (
        <p className={styles['reason']}>
          <Said text={reasonWords(exported.error ?? 'The server does not say why')} />
        </p>
      );
    case 'expired':
      return (
        <p className={styles['gone']}>
          Its file was kept as long as this server keeps them, and is gone. Ask for it again.
        </p>
      );
    case 'cancelled':
      return <p className={styles['gone']}>It was cancelled before there was a file.</p>;
    case 'complete':
      return null;
  }
}

function Acts({ exported, organizationId, mayRemove, onRemove, onAgain }: ExportItemProps) {
  const search = searchOfExport(exported);
  const isRunning = isUnfinished(exported);
  return (
    <>
      {exported.status === 'complete' && (
        <ButtonLink
          href={fileAddress(exported.id)}
          download={exported.file_name}
          icon={<Download aria-hidden />}
          aria-label={`Download ${exported.name}`}
        >
          Download
        </ButtonLink>
      )}
      {isRunning && mayRemove && (
        <Button icon={<X aria-hidden />} onPress={onRemove} aria-label={`Cancel ${exported.name}`}>
          Cancel
        </Button>
      )}
      <Menu
        label={`More for ${exported.name}`}
        at="bottom end"
        trigger={
          <IconButton label="More">
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          icon={<RefreshCw aria-hidden />}
          isDisabled={onAgain === undefined}
          {...(onAgain === undefined
            ? { detail: 'The console has no words for its query.' }
            : { onAction: onAgain })}
        >
          Export again…
        </MenuItem>
        {search === undefined ? (
          <MenuItem
            icon={<SquareArrowOutUpRight aria-hidden />}
            isDisabled
            detail="The explorer has no words for its query."
          >
            Show in the explorer
          </MenuItem>
        ) : (
          <MenuItem icon={<SquareArrowOutUpRight aria-hidden />} href={places.events(organizationId, search)}>
            Show in the explorer
          </MenuItem>
        )}
        {!isRunning && (
          <MenuItem
            icon={<Trash2 aria-hidden />}
            bad
            isDisabled={!mayRemove}
            onAction={onRemove}
            {...(!mayRemove && { detail: 'Whoever asked for it can, or an administrator.' })}
          >
            Delete…
          </MenuItem>
        )}
      </Menu>
    </>
  );
}
