/** The formats of exports, and what each is for. */
import type { ExportFormat } from '../../api/exports';

export interface FormatChoice {
  readonly value: ExportFormat;
  readonly label: string;
  readonly detail: string;
}

export const FORMATS: readonly FormatChoice[] = [
  { value: 'csv', label: 'CSV', detail: 'Comma-separated values for spreadsheet tools.' },
  {
    value: 'xlsx',
    label: 'Excel',
    detail: 'A workbook with real dates and numbers.',
  },
  {
    value: 'ndjson',
    label: 'NDJSON',
    detail: 'A JSON object a line, for a SIEM and scripts.',
  },
  { value: 'parquet', label: 'Parquet', detail: 'Compressed columns for a data warehouse.' },
];

export function formatLabel(format: ExportFormat): string {
  return FORMATS.find(({ value }) => value === format)?.label ?? format;
}

/** What the file has where no columns are chosen, to be said after “Columns:”. */
export function usualColumns(format: ExportFormat): string {
  switch (format) {
    case 'csv':
    case 'xlsx':
      return 'date and time, event name, category, description, user or app name, and IP address.';
    case 'ndjson':
      return 'whole events, with everything that was recorded.';
    case 'parquet':
      return 'everything that an event can have, a column for each field.';
  }
}
