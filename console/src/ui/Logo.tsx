/** The mark: an E of entries, the last of them sealed. */
export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" aria-hidden fill="none">
      <rect x="1" y="1" width="18" height="18" rx="5" fill="var(--accent-fill)" />
      <path d="M6 6.2h8M6 10h5" stroke="#fff" strokeWidth="1.9" strokeLinecap="round" />
      <path d="M6 13.8h2.4" stroke="#fff" strokeWidth="1.9" strokeLinecap="round" />
      <path
        d="m10.4 13.4 1.7 1.6 2.9-3.4"
        stroke="#fff"
        strokeWidth="1.9"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
