/** What stands in place of a form that nobody can fill in: a link that does not work, or none at all. */
import type { ReactNode } from 'react';

import { places } from '../../api/places';
import { ButtonLink } from '../../ui/Button';
import { Row } from '../../ui/Layout';
import { Words } from '../../ui/Text';
import { Entrance } from './Entrance';

export interface ClosedProps {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

export function Closed({ title, children, action }: ClosedProps) {
  return (
    <Entrance title={title} description={children} takesFocus>
      {action ?? (
        <Row>
          <ButtonLink href={places.login()}>Go to the sign-in</ButtonLink>
        </Row>
      )}
    </Entrance>
  );
}

/** A server that waits for its first person, seen by somebody without its link. */
export function SetUpNeeded() {
  return (
    <Entrance
      title="This server is not set up yet"
      description="When it was started, it printed a link to its standard output. Open that link in this browser: whoever does so first owns this server."
    >
      <Words as="p" mono>{`${window.location.origin}/setup#evident_setup_…`}</Words>
      <Words as="p" tone="muted">
        The link works once, and until the server is stopped. A restart prints another.
      </Words>
    </Entrance>
  );
}
