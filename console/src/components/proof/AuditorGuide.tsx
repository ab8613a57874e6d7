/** How an auditor checks the log without believing this page: commands with this log's address filled in. */
import type { LogHead } from '../../api/log';
import type { OwnOrganization } from '../../api/session';
import { CodeBlock } from '../../ui/Copy';
import { Card, Stack } from '../../ui/Layout';
import { Tabs } from '../../ui/Tabs';
import { Words } from '../../ui/Text';
import { auditorCommands } from './auditor-commands';

export function AuditorGuide({ organization, head }: { organization: OwnOrganization; head: LogHead }) {
  const commands = auditorCommands({
    server: window.location.origin,
    organizationId: organization.id,
    verifierKey: head.verifier_key,
    size: head.size,
  });
  const key = head.public
    ? ''
    : ' The log is private: set EVIDENT_API_KEY to a key of this organization that may read and is not limited to a project.';
  return (
    <Card>
      <Tabs
        label="Ways to check"
        items={[
          {
            id: 'monitor',
            label: 'Watch the log',
            content: (
              <Way text={commands.monitor} what="Command">
                Run by somebody else than who runs the server, on another machine: it remembers what was
                signed and alarms if the log is ever rewritten, put back, or split in two.{key}
              </Way>
            ),
          },
          {
            id: 'checkpoint',
            label: 'A kept checkpoint',
            content: (
              <Way text={commands.checkpoint} what="Commands">
                Download a checkpoint today and keep it. Later this shows that the log still begins with all
                that it covered.{key}
              </Way>
            ),
          },
          {
            id: 'event',
            label: 'One event',
            content: (
              <Way text={commands.event} what="Commands">
                Shows that an event is in the log as it was recorded. The last command needs neither the
                server nor a network.{key}
              </Way>
            ),
          },
          {
            id: 'directory',
            label: 'All of it, offline',
            content: (
              <Way text={commands.directory} what="Command">
                On a copy of the server’s data directory, with the server stopped: every event, every hash and
                every checkpoint. No index is believed.
              </Way>
            ),
          },
        ]}
      />
    </Card>
  );
}

function Way({ text, what, children }: { text: string; what: string; children: React.ReactNode }) {
  return (
    <Stack gap={3}>
      <Words as="p" tone="muted">
        {children}
      </Words>
      <CodeBlock text={text} what={what} wrap />
    </Stack>
  );
}
