/** The one menu of a detail: it opens at the value that it is about. */
import { CircleMinus, Copy, Filter as FilterIcon, Layers, UserRoundSearch } from 'lucide-react';

import { excludeHref, type About, actorFilter, allOf, filterOf, useDetail } from './about';
import { copy } from '../../ui/Copy';
import { MenuItem } from '../../ui/Menu';
import { MenuAt } from '../../ui/MenuAt';

export interface ValueMenuProps {
  about: About;
  at: HTMLElement | null;
  onClose: () => void;
}

export function ValueMenu({ about, at, onClose }: ValueMenuProps) {
  const { organizationId, onFilter, onSeeActor } = useDetail();
  const filter = filterOf(about);
  const { actor, whole } = about;
  return (
    <MenuAt at={at} onClose={onClose} label={`What to do with ${about.label}`} title={about.label}>
      {filter !== undefined && (
        <MenuItem
          icon={<FilterIcon aria-hidden />}
          {...(onFilter === undefined
            ? { href: allOf(organizationId, filter) }
            : { onAction: () => onFilter(filter) })}
        >
          Filter by this value
        </MenuItem>
      )}
      {filter !== undefined && (
        <MenuItem
          icon={<CircleMinus aria-hidden />}
          {...(onFilter === undefined
            ? { href: excludeHref(organizationId, filter) }
            : { onAction: () => onFilter({ ...filter, op: 'is_not' }) })}
        >
          Exclude this value
        </MenuItem>
      )}
      {actor !== undefined && (
        <MenuItem
          icon={<UserRoundSearch aria-hidden />}
          {...(onSeeActor === undefined
            ? { href: allOf(organizationId, actorFilter(actor)) }
            : { onAction: () => onSeeActor(actor) })}
        >
          See all by this actor
        </MenuItem>
      )}
      {whole !== undefined && filter !== undefined && (
        <MenuItem icon={<Layers aria-hidden />} href={allOf(organizationId, filter)}>
          {whole}
        </MenuItem>
      )}
      <MenuItem icon={<Copy aria-hidden />} onAction={() => void copy(about.text, about.label)}>
        Copy
      </MenuItem>
    </MenuAt>
  );
}
