/**
 * Invites several people, one after another: each invitation is a request of its own, and one that is refused
 * keeps none of the others back.
 *
 * It must hold that each address ends as invited or as refused with why, and that what is over for all of them (the
 * network is away, the person may not) is asked once and not for each.
 */
import { invite, type NewInvitation, type NewLink } from '../../../api/invitations';
import { explain, isProblem } from '../../../api/problem';

export type Outcome =
  | { email: string; made: NewLink; refused?: undefined }
  | { email: string; made?: undefined; refused: string };

/** Answers that the next address would get as well. */
function isOverForAll(error: unknown): boolean {
  if (!isProblem(error)) return true;
  return (
    error.status === 0 ||
    error.status === 401 ||
    error.status === 403 ||
    error.status === 429 ||
    error.status >= 500 ||
    ['too_many_invitations', 'too_many_members', 'unknown_role', 'role_of_other_level'].includes(error.code)
  );
}

export async function inviteAll(
  emails: readonly string[],
  rest: Omit<NewInvitation, 'email'>,
  onProgress: (done: number) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let over: string | undefined;
  for (const email of emails) {
    if (over !== undefined) {
      outcomes.push({ email, refused: over });
      continue;
    }
    try {
      outcomes.push({ email, made: await invite({ ...rest, email }) });
    } catch (error) {
      outcomes.push({ email, refused: explain(error) });
      if (isOverForAll(error)) over = `Not asked any more: ${explain(error)}`;
    }
    onProgress(outcomes.length);
  }
  return outcomes;
}
