/**
 * What a page needs to show a log by a viewer token.
 *
 * It must hold that what is put into a page or a shell is text there, whatever stands in it.
 */

/** How long a token works, in seconds, as it is offered. */
export const TOKEN_LIVES = [
  { seconds: 900, label: '15 minutes' },
  { seconds: 3600, label: '1 hour' },
  { seconds: 28_800, label: '8 hours' },
  { seconds: 86_400, label: '24 hours' },
] as const;

const inAttribute = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** The lines that show the log in a page. */
export function embedLines(origin: string, token: string): string {
  const src = inAttribute(origin);
  return [
    `<script type="module" src="${src}/embed/evident-log.js"></script>`,
    `<evident-log src="${src}" token="${inAttribute(token)}"></evident-log>`,
  ].join('\n');
}

/** How a server of one's own asks for a token for a visitor. */
export function askForToken(origin: string, issuerId: string): string {
  return `curl -sS '${origin}/v1/viewer-tokens' \\
  -H "authorization: Bearer $EVIDENT_ADMIN_KEY" \\
  --json '{"issuer_id": "${issuerId}", "target_id": "customer_7", "expires_in_seconds": 900}'`;
}
