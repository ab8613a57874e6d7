/** All that every page has around it: the router, the kept answers, and the messages at the edge. */
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { RouterProvider as AriaRouterProvider } from 'react-aria-components';

import { actIn, whenSignedOut } from './api/client';
import { places } from './api/places';
import { queryClient } from './api/queries';
import { router } from './routes';
import { TipLayer } from './ui/TipLayer';
import { Toasts } from './ui/Toasts';

/** Links and menus of React Aria go by the router, too. */
function go(href: string) {
  router.history.push(href);
}

whenSignedOut(() => {
  actIn(undefined);
  queryClient.clear();
  const { pathname, href } = router.state.location;
  if (pathname !== '/login') router.history.push(places.login(href));
});

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <AriaRouterProvider navigate={go}>
        <RouterProvider router={router} />
        <Toasts />
        <TipLayer />
      </AriaRouterProvider>
    </QueryClientProvider>
  );
}
