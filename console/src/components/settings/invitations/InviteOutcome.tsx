/** What became of each address: mailed, a link to pass on, or refused with why. Links are shown this once. */
import { Button } from '../../../ui/Button';
import { Callout } from '../../../ui/Callout';
import { CodeBlock, CopyButton } from '../../../ui/Copy';
import { Row, Stack } from '../../../ui/Layout';
import { Modal } from '../../../ui/Modal';
import { Words } from '../../../ui/Text';
import type { Outcome } from './invite-all';

/** Addresses and links as lines, to be passed on together. */
export function linesOf(outcomes: readonly Outcome[]): string {
  return outcomes
    .flatMap(({ email, made }) => (made?.link === undefined ? [] : [`${email}\t${made.link}`]))
    .join('\n');
}

const people = (count: number) => (count === 1 ? '1 person' : `${count} people`);

export function InviteOutcome({ outcomes, onClose }: { outcomes: readonly Outcome[]; onClose: () => void }) {
  const links = outcomes.flatMap(({ email, made }) =>
    made?.link === undefined ? [] : [{ email, link: made.link }],
  );
  const sent = outcomes.filter(({ made }) => made?.sent === true);
  const refused = outcomes.filter((outcome) => outcome.refused !== undefined);
  return (
    <Modal
      title={
        refused.length === outcomes.length
          ? 'Nobody was invited'
          : `${people(outcomes.length - refused.length)} invited`
      }
      isOpen
      onClose={onClose}
      mustBeClosed
      footer={
        <>
          {links.length > 1 && (
            <CopyButton size="m" text={() => linesOf(outcomes)} what="All links">
              Copy all links
            </CopyButton>
          )}
          <Button look="primary" onPress={onClose}>
            {links.length > 0 ? 'I have passed them on' : 'Close'}
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        {refused.length > 0 && (
          <Callout kind="bad" title={`${people(refused.length)} could not be invited`}>
            {refused.map(({ email, refused: why }) => (
              <div key={email}>
                <strong>{email}</strong>: {why}
              </div>
            ))}
          </Callout>
        )}
        {sent.length > 0 && (
          <Callout kind="good" title={`${people(sent.length)} got a mail with the link`}>
            {sent.map(({ email }) => email).join(', ')}
          </Callout>
        )}
        {links.length > 0 && (
          <>
            <Callout kind="warn" title="These links are shown once">
              No mail was sent: pass each on to its person. A link works for one person, once. If one gets
              lost, renew the invitation.
            </Callout>
            {links.map(({ email, link }) => (
              <Stack key={email} gap={1}>
                <Row>
                  <Words size="s" tone="muted">
                    {email}
                  </Words>
                </Row>
                <CodeBlock text={link} what={`Link for ${email}`} wrap />
              </Stack>
            ))}
          </>
        )}
      </Stack>
    </Modal>
  );
}
