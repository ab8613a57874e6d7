/** Bodies of requests as they are shown: JSON that was sent as a text is shown as what it says. */

/** The longest text that is looked into, in characters. An event is at most 256 KiB. */
const MAX_TEXT_CHARS = 512 * 1024;

export interface ShownBody {
  shown: unknown;
  /** It was kept as a text that holds JSON. */
  wasText: boolean;
}

export function parsedBody(value: unknown): ShownBody {
  if (typeof value !== 'string' || value.length > MAX_TEXT_CHARS || !/^\s*[[{]/.test(value)) {
    return { shown: value, wasText: false };
  }
  try {
    return { shown: JSON.parse(value) as unknown, wasText: true };
  } catch {
    return { shown: value, wasText: false };
  }
}
