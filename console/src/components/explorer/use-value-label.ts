/** What a value of a field is called where it is shown. Only what it is asked by is sent. */
import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';

import { projectsQuery } from '../../api/projects';
import { RESULTS } from '../../lib/query/state';
import { resultLabel } from '../events/badges';
import { useLook } from './look';

export function useValueLabel(field: string): (value: string) => string {
  const { organization } = useLook();
  // Who may not see projects sees their ids, as events have them.
  const projects = useQuery({
    ...projectsQuery(organization.id),
    enabled: field === 'project_id',
    retry: false,
  });
  const { data } = projects;
  return useCallback(
    (value: string) => {
      if (field === 'project_id') return data?.find(({ id }) => id === value)?.name ?? value;
      if (field !== 'result') return value;
      const result = RESULTS.find((one) => one === value);
      return result === undefined ? value : resultLabel(result);
    },
    [field, data],
  );
}
