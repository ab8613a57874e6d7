/** A text as a QR code, drawn here. Dark on light in either theme: many cameras read nothing else. */
import { pathOf, symbolOf } from '../lib/qr/symbol';
import styles from './QrCode.module.css';

/** The light frame that the standard asks for, in modules. */
const MARGIN = 4;

export interface QrCodeProps {
  text: string;
  /** What it is, for who does not see it. */
  label: string;
  /** Stands in its place if the text is too long for one. */
  children?: React.ReactNode;
}

export function QrCode({ text, label, children }: QrCodeProps) {
  const symbol = symbolOf(text);
  if (symbol === undefined) return <>{children}</>;
  const width = symbol.length + 2 * MARGIN;
  return (
    <svg
      className={styles['code']}
      viewBox={`0 0 ${width} ${width}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path className={styles['light']} d={`M0 0h${width}v${width}h-${width}z`} />
      <path className={styles['dark']} d={pathOf(symbol, MARGIN)} />
    </svg>
  );
}
