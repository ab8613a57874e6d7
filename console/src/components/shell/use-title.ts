/** The name of a page in the browser's tab. */
import { useEffect } from 'react';

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Evident`;
    return () => {
      document.title = 'Evident';
    };
  }, [title]);
}
