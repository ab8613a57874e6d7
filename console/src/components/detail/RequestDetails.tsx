/** The request that it was done by: what was sent, and what was answered. */
import type { Event } from '../../api/events';
import { pathOf } from '../../lib/query/fields';
import { Badge, type Tone } from '../../ui/Badge';
import { Row } from '../../ui/Layout';
import { Words } from '../../ui/Text';
import { Json } from './Json';
import { parsedBody } from './bodies';
import { Part } from './Part';
import styles from './Request.module.css';
import { Shown, Value } from './Value';

/** Statuses from this on are errors. */
const FIRST_ERROR = 400;
const FIRST_FAULT = 500;

function toneOf(status: number): Tone {
  if (status >= FIRST_FAULT) return 'bad';
  return status >= FIRST_ERROR ? 'warn' : 'good';
}

export function RequestDetails({ event }: { event: Event }) {
  const { request } = event;
  if (request === undefined) return null;
  const { method, path, status, body, response } = request;
  if (Object.keys(request).length === 0) return null;
  return (
    <Part title="Request Details">
      <Row gap={1} align="center">
        {method !== undefined && (
          <Value about={{ label: 'Method', field: pathOf(['request', 'method']), text: method }}>
            <Badge tone="accent">
              <Shown text={method} />
            </Badge>
          </Value>
        )}
        {path !== undefined && (
          <span className={styles['path']}>
            <Value about={{ label: 'Path', field: 'request.path', text: path }}>
              <Shown text={path} mono />
            </Value>
          </span>
        )}
        {status !== undefined && (
          <Value about={{ label: 'Status', field: 'request.status', text: String(status), value: status }}>
            <Badge tone={toneOf(status)}>{status}</Badge>
          </Value>
        )}
      </Row>
      {body !== undefined && <Body what="Request Body" value={body} />}
      {response !== undefined && <Body what="Response" value={response} />}
    </Part>
  );
}

function Body({ what, value }: { what: string; value: unknown }) {
  const { shown, wasText } = parsedBody(value);
  return (
    <Json
      what={what}
      value={shown}
      actions={
        wasText ? (
          <Words size="s" tone="muted">
            sent as text
          </Words>
        ) : undefined
      }
    />
  );
}
