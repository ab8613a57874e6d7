/** The first keys of a server. Nothing else has them: they are shown this once, and have to be kept. */
import { useEffect, useState } from 'react';

import type { Founded } from '../../api/set-up';
import { Button } from '../../ui/Button';
import { Callout } from '../../ui/Callout';
import { Checkbox } from '../../ui/Choice';
import { CodeBlock } from '../../ui/Copy';
import { DownloadButton } from '../../ui/Download';
import { Row, Stack } from '../../ui/Layout';
import styles from './Entrance.module.css';

interface Shown {
  title: string;
  purpose: string;
  text: string;
}

function shownOf({ keys, log }: Founded): Shown[] {
  return [
    {
      title: 'Ingest key',
      purpose: 'Records events, and does nothing else. It goes into what you want audited.',
      text: keys.ingest,
    },
    {
      title: 'Read key',
      purpose: 'Reads and exports events. For reports, and for the command line.',
      text: keys.read,
    },
    {
      title: 'Admin key',
      purpose: 'May do all that keys may, settings included. Keep it where few people get at it.',
      text: keys.admin,
    },
    {
      title: 'The log’s verifier key',
      purpose:
        'Checks that nothing in the log was changed or left out, also without this server. It is no secret; keep it somewhere else than here, so that whoever alters the server cannot give you another one with it.',
      text: log.verifier_key,
    },
  ];
}

function fileOf(founded: Founded): string {
  const { keys, log } = founded;
  return [
    `organization  ${founded.organization_id}`,
    `owner         ${founded.owner.email}`,
    `log           ${log.origin}`,
    `verifier key  ${log.verifier_key}`,
    `ingest        ${keys.ingest}`,
    `read          ${keys.read}`,
    `admin         ${keys.admin}`,
    '',
  ].join('\n');
}

export function FoundedKeys({ founded, onKept }: { founded: Founded; onKept: () => void }) {
  const [isKept, setKept] = useState(false);
  useEffect(() => {
    // Who closes the page now loses the keys: the browser asks first.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, []);
  return (
    <Stack gap={5}>
      <Callout kind="warn" title="Shown this once">
        Nobody can show these keys again, this server neither. Put them where you keep secrets.
      </Callout>
      {shownOf(founded).map(({ title, purpose, text }) => (
        <section key={title} className={styles['key']} aria-label={title}>
          <h2>{title}</h2>
          <p>{purpose}</p>
          <CodeBlock text={text} what={title} wrap />
        </section>
      ))}
      <Row>
        <DownloadButton text={fileOf(founded)} fileName="evident-keys.txt">
          Download all of it
        </DownloadButton>
      </Row>
      <Row justify="between" gap={3}>
        <Checkbox isSelected={isKept} onChange={setKept}>
          I have kept these keys
        </Checkbox>
        <Button look="primary" isDisabled={!isKept} onPress={onKept}>
          Go on to the first event
        </Button>
      </Row>
    </Stack>
  );
}
