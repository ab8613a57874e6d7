/** From where it came, and as part of what. */
import type { Event } from '../../api/events';
import { programWords } from '../../lib/device/program';
import { Facts, type Fact } from '../../ui/Facts';
import { Words } from '../../ui/Text';
import { Part } from './Part';
import { Shown, TextValue, Value } from './Value';

const WHOLES = [
  ['session_id', 'Session', 'See all of this session'],
  ['run_id', 'Run', 'See all of this run'],
  ['trace_id', 'Trace', 'See all of this trace'],
  ['span_id', 'Span', 'See all of this span'],
] as const;

export function Circumstances({ event }: { event: Event }) {
  const { context = {} } = event;
  const { ip, user_agent: userAgent } = context;
  const facts: Fact[] = [];
  if (ip !== undefined) {
    const about = { label: 'IP address', field: 'context.ip', whole: 'See all from this address' };
    facts.push({ name: 'IP Address', value: <TextValue about={about} text={ip} mono /> });
  }
  if (userAgent !== undefined) facts.push({ name: 'User Agent', value: <UserAgent text={userAgent} /> });
  for (const [member, label, whole] of WHOLES) {
    const text = context[member];
    if (text === undefined) continue;
    const about = { label: `${label} ID`, field: `context.${member}`, whole };
    facts.push({ name: `${label} ID`, value: <TextValue about={about} text={text} mono /> });
  }
  if (facts.length === 0) return null;
  return (
    <Part title="Context">
      <Facts facts={facts} />
    </Part>
  );
}

function UserAgent({ text }: { text: string }) {
  const words = programWords(text);
  return (
    <Value about={{ label: 'User agent', field: 'context.user_agent', text }}>
      {words !== undefined && (
        <>
          <Shown text={words} />
          <br />
        </>
      )}
      <Words size="s" tone={words === undefined ? 'normal' : 'muted'}>
        <Shown text={text} mono />
      </Words>
    </Value>
  );
}
