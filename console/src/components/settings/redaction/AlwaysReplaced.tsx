/** What is replaced in every organization, and what stands there instead. */
import { Card, Section } from '../../../ui/Layout';
import { Points } from '../Grave';

/** As placeholders look; this one is nobody's. */
const EXAMPLE = '[redacted:2c26b46b68ffc68ff99b453c1d304134]';

export function AlwaysReplaced() {
  return (
    <Section
      title="Always replaced"
      description="Before anything is hashed or written. Nobody can get a secret back, you included."
    >
      <Card>
        <Points>
          {[
            'Values under telling names: passwords, secrets, API and private keys, tokens, authorization headers, cookies, one-time codes, connection strings, card numbers.',
            'Credentials by their shape, wherever they stand: bearer tokens, tokens with known prefixes, JSON web tokens, private keys, passwords in addresses, card numbers.',
            'Metadata that the catalog has as secret, whatever the rules say.',
          ]}
        </Points>
        <p>
          A placeholder such as <code>{EXAMPLE}</code> stands there instead. Equal secrets have equal
          placeholders within the organization: search for one to find where a leaked key was used. A secret
          without a telling name or shape is kept as it was sent.
        </p>
      </Card>
    </Section>
  );
}
