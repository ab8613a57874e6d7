/** Keys of the keyboard, as they are printed on it. Several are parted by spaces. */
import styles from './Keys.module.css';

export function Keys({ keys }: { keys: string }) {
  return (
    <span className={styles['keys']}>
      {keys.split(' ').map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
