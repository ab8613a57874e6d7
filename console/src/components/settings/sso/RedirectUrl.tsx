/** What has to be registered at the provider, or why that is not known yet. */
import { Callout } from '../../../ui/Callout';
import { CodeBlock } from '../../../ui/Copy';
import { Section } from '../../../ui/Layout';

export function RedirectUrl({ url }: { url: string | undefined }) {
  if (url === undefined) {
    return (
      <Callout kind="warn" title="The server does not know its own address">
        Whoever runs it has to set <code>public_url</code>, the address that people reach it by. Until then no
        provider can send anybody back.
      </Callout>
    );
  }
  return (
    <Section
      title="At the provider"
      description="Register a web application that uses the authorization code flow, with this redirect address."
    >
      <CodeBlock text={url} what="Redirect address" wrap />
    </Section>
  );
}
