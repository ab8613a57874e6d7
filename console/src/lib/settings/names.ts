/**
 * Names and ids as the server takes them, checked before they are sent so that a mistake is told beside its field.
 * The server's own answer still counts.
 */

/** The longest name, in characters. */
export const MAX_NAME_CHARS = 255;
/** The longest description of a role, in characters. */
export const MAX_DESCRIPTION_CHARS = 1024;
/** The longest id of a project, in characters. */
const MAX_PROJECT_ID_CHARS = 128;

/** What is wrong with a name, once the white space around it is gone. */
export function wrongWithName(name: string): string | undefined {
  const text = name.trim();
  if (text === '') return 'Give it a name';
  if (text.length > MAX_NAME_CHARS) return `A name has at most ${MAX_NAME_CHARS} characters`;
  if (/\p{Cc}/u.test(text)) return 'A name is one line of text';
  return undefined;
}

/** What is wrong with a description, which may be empty. */
export function wrongWithDescription(description: string): string | undefined {
  const text = description.trim();
  if (text.length > MAX_DESCRIPTION_CHARS)
    return `A description has at most ${MAX_DESCRIPTION_CHARS} characters`;
  if (/\p{Cc}/u.test(text)) return 'A description is one line of text';
  return undefined;
}

/** What is wrong with the id of a project. An empty one is made by the server. */
export function wrongWithProjectId(id: string): string | undefined {
  if (id === '') return undefined;
  if (id.length > MAX_PROJECT_ID_CHARS) return `An id has at most ${MAX_PROJECT_ID_CHARS} characters`;
  if (!/^[A-Za-z0-9._:-]+$/.test(id)) return 'An id has letters, digits and . _ : - only';
  if (/^\.+$/.test(id)) return 'An id is not dots alone';
  return undefined;
}
