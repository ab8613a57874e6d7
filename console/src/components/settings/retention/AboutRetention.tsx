/** What goes and what stays, and what people look for here and do not find yet. */
import { Callout } from '../../../ui/Callout';
import { Card, Section } from '../../../ui/Layout';
import { Points } from '../Grave';

export function AboutRetention() {
  return (
    <>
      <Callout title="There are no legal holds yet">
        Nothing can be kept from a rule event by event. What must not go needs a rule that keeps it: give its
        project, or the organization, a longer time or for ever.
      </Callout>
      <Section title="What goes, and what stays">
        <Card>
          <Points>
            {[
              'What goes is gone from the disk: no search, export or proof finds it any more.',
              'Its hashes stay, so every checkpoint stays valid and what is left is proved as before.',
              'Each run that removed something leaves an event retention.deleted in the log: how many events, from when to when, and by which rules.',
              'Backups, exports and copies that others have are not reached.',
              'The days count from when the server received an event, not from when it happened.',
            ]}
          </Points>
        </Card>
      </Section>
    </>
  );
}
