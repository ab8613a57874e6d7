/** Gives a text that the page has as a file, without asking a server. */
import { Download } from 'lucide-react';

import { Button } from './Button';

/** How long the file is kept for the browser to take, in milliseconds. */
const KEPT_MS = 60_000;

export function download(text: string, fileName: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}

export interface DownloadButtonProps {
  text: string;
  fileName: string;
  children: string;
}

export function DownloadButton({ text, fileName, children }: DownloadButtonProps) {
  return (
    <Button icon={<Download aria-hidden />} onPress={() => download(text, fileName)}>
      {children}
    </Button>
  );
}
