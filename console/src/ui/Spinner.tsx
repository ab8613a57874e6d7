/** Says that something is under way. It shows only once that has taken 150 ms: what is quicker needs none. */
import styles from './Spinner.module.css';

export function Spinner({ label }: { label?: string }) {
  // Where words stand beside it, it is a picture of them.
  if (label === undefined) return <span className={styles['spinner']} aria-hidden />;
  return <span className={styles['spinner']} role="progressbar" aria-label={label} />;
}
