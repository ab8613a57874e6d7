/** What the server says by `/login?error=…` after an organization's own sign-in did not work, in words. */

const WORDS: Record<string, string> = {
  sso_not_set_up:
    'This organization has no sign-in of its own, or it is switched off. Sign in with a password.',
  sso_begins_here:
    'Signing in begins on this page. Write your e-mail address, and choose your organization’s sign-in.',
  bad_return_to: 'The link that began this sign-in leads elsewhere. Sign in here again.',
  sso_unknown_attempt:
    'The sign-in took more than 10 minutes, or was begun in another browser. Start it again.',
  sso_cancelled:
    'Your organization’s sign-in service did not sign you in. Start again, or ask your administrator.',
  sso_provider_failed:
    'Your organization’s sign-in service does not answer as it should. Try again in a while, or tell your administrator.',
  sso_refused: 'You cannot sign in with this account. Ask your administrator to let you in.',
  sso_failed: 'The sign-in failed on this server. Try again; its log says more.',
};

/** The code comes from the address, so it is never shown itself. */
export function ssoErrorInWords(code: unknown): string | undefined {
  if (typeof code !== 'string' || code === '') return undefined;
  return Object.hasOwn(WORDS, code) ? WORDS[code] : 'The sign-in did not work. Try again.';
}
