/** What the keys of the page do. */
import { Keys } from '../../ui/Keys';
import { Modal } from '../../ui/Modal';
import styles from './Shell.module.css';
import type { Shortcut } from './Shortcuts';

export interface ShortcutHelpProps {
  shortcuts: readonly Shortcut[];
  onClose: () => void;
}

export function ShortcutHelp({ shortcuts, onClose }: ShortcutHelpProps) {
  return (
    <Modal title="Keyboard" isOpen onClose={onClose}>
      <div className={styles['shortcuts']}>
        {shortcuts.map((shortcut) => (
          <div key={shortcut.key} className={styles['shortcut']}>
            <span>{shortcut.label}</span>
            <Keys keys={shortcut.shown ?? shortcut.key} />
          </div>
        ))}
      </div>
    </Modal>
  );
}
