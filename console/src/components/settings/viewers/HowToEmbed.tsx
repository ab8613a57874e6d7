/** How a product of one's own shows its customers their part of the log. */
import { askForToken, embedLines } from '../../../lib/settings/viewer-tokens';
import { CodeBlock } from '../../../ui/Copy';
import { Card, Section, Stack } from '../../../ui/Layout';
import { Words } from '../../../ui/Text';

export function HowToEmbed({ issuerId }: { issuerId: string }) {
  const { origin } = window.location;
  return (
    <Section
      title="Show the log in your product"
      description="Your server asks for a token for each visitor; the visitor’s page shows the log with it."
    >
      <Card>
        <Stack gap={1}>
          <Words size="s" tone="muted">
            Your server, for each visitor: limited to what that visitor may see
          </Words>
          <CodeBlock text={askForToken(origin, issuerId)} what="Call that makes a token" wrap />
        </Stack>
        <Stack gap={1}>
          <Words size="s" tone="muted">
            The visitor’s page, with the token that your server was given
          </Words>
          <CodeBlock text={embedLines(origin, 'evident_viewer_…')} what="Lines that show the log" wrap />
        </Stack>
        <Words as="p" tone="muted">
          A token reads events, their proofs and the catalog, and does nothing else. What it shows can be set
          by the attributes <code>query</code>, <code>columns</code> and <code>theme</code>.
        </Words>
      </Card>
    </Section>
  );
}
