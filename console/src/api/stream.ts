/**
 * A stream of Server-Sent Events that is read by `fetch` and opened anew when it breaks.
 *
 * It goes on after the last message that came, so that none is missed and none comes twice, and asks less and
 * less often while nobody answers. Where it is opened, and as whom, is its caller's.
 */
import { Problem, problemOf } from './problem';

/** Waiting times before the stream is opened anew, in milliseconds. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The server sends something at least this often, in milliseconds; else the stream is dead. */
const SILENCE_MS = 60_000;
/** The longest message, in characters: an event has 256 KiB at most, and JSON may escape each of them. */
const MAX_MESSAGE_CHARS = 2 * 1024 * 1024;

export interface Message {
  id: string | undefined;
  data: string;
}

/** Takes a stream of Server-Sent Events apart. What is not whole yet is kept. */
export class MessageReader {
  private rest = '';

  /** The messages that are whole with this piece. Heartbeats have no data, and are none. */
  read(piece: string): Message[] {
    this.rest += piece.replace(/\r\n?/g, '\n');
    if (this.rest.length > MAX_MESSAGE_CHARS) throw new Error('a message of the stream has no end');
    const parts = this.rest.split('\n\n');
    this.rest = parts.pop() ?? '';
    return parts.map(messageOf).filter((message) => message.data !== '');
  }
}

function messageOf(text: string): Message {
  let id: string | undefined;
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') id = value;
    if (name === 'data') lines.push(value);
  }
  return { id, data: lines.join('\n') };
}

export type StreamState = 'connecting' | 'open' | 'broken';

export interface StreamOptions {
  /** Asks for the stream after the message of this id. */
  open: (after: string, signal: AbortSignal) => Promise<Response>;
  /** The id to begin after. */
  after: string;
  onMessage: (message: Message) => void;
  onState: (state: StreamState) => void;
  /** Nothing will come any more: the server refuses. */
  onRefused: (problem: Problem) => void;
}

/** Reads until the function that it gives is called. */
export function readStream(options: StreamOptions): () => void {
  const stop = new AbortController();
  void run(options, stop.signal);
  return () => stop.abort();
}

async function run(options: StreamOptions, signal: AbortSignal): Promise<void> {
  let last = options.after;
  let wait = FIRST_WAIT_MS;
  const isOver = () => signal.aborted;
  while (!isOver()) {
    options.onState('connecting');
    try {
      await readOnce(options, last, signal, (id) => {
        last = id;
        wait = FIRST_WAIT_MS;
      });
    } catch (error) {
      if (isOver()) return;
      if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429) {
        options.onRefused(error);
        return;
      }
    }
    if (isOver()) return;
    options.onState('broken');
    // Not all at once: whoever lost the server at the same moment comes back at different ones.
    await pause(wait * (0.5 + Math.random()), signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

async function readOnce(
  { open, onMessage, onState }: StreamOptions,
  after: string,
  signal: AbortSignal,
  onId: (id: string) => void,
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await open(after, AbortSignal.any([signal, silence.signal]));
    if (!response.ok || response.body === null) {
      throw problemOf(response, await response.json().catch(() => undefined));
    }
    onState('open');
    const messages = new MessageReader();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done || signal.aborted) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      for (const message of messages.read(value)) {
        onMessage(message);
        if (message.id !== undefined) onId(message.id);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
