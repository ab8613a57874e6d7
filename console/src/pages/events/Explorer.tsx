/** The log explorer, and each event's own address. */
import { ExplorerView } from '../../components/explorer/ExplorerView';
import { LookProvider, useLookOfAddress } from '../../components/explorer/look';

export function Explorer() {
  const look = useLookOfAddress();
  return (
    <LookProvider look={look}>
      <ExplorerView />
    </LookProvider>
  );
}
