/** An id: shortened to what tells it from others; the whole of it shows on hover and is what is copied. */
import { shortenId } from '../../lib/text/shorten';
import { Said } from '../../ui/Said';

export function Id({ id }: { id: string }) {
  return (
    <span title={id}>
      <Said text={shortenId(id)} mono />
    </span>
  );
}
