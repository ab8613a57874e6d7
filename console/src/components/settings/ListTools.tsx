/** What stands above and below a list that is all there: a search, what is chosen, and the pages. */
import { ChevronLeft, ChevronRight, Search } from 'lucide-react';
import type { ReactNode } from 'react';

import type { PageOf } from '../../lib/settings/listing';
import { IconButton } from '../../ui/Button';
import { classes } from '../../ui/classes';
import { TextField } from '../../ui/Field';
import { Fill, Row } from '../../ui/Layout';
import styles from './Settings.module.css';

export interface ListToolsProps {
  /** What is searched, as in "members". */
  what: string;
  words: string;
  onWords: (words: string) => void;
  /** At the right. */
  children?: ReactNode;
  /** Something is chosen: what is done with it stands here. */
  isChosen?: boolean;
}

export function ListTools({ what, words, onWords, children, isChosen = false }: ListToolsProps) {
  return (
    <div className={classes(styles['tools'], isChosen && styles['chosen'])}>
      <div className={styles['search']}>
        <TextField
          label={`Search ${what}`}
          hideLabel
          placeholder={`Search ${what}`}
          icon={<Search aria-hidden />}
          type="search"
          value={words}
          onChange={onWords}
        />
      </div>
      <Fill />
      {children}
    </div>
  );
}

export interface PagerProps {
  /** What is listed, as in "members". */
  what: string;
  page: PageOf<unknown>;
  /** How many were found. */
  found: number;
  /** How many there are. */
  all: number;
  onPage: (page: number) => void;
}

export function Pager({ what, page, found, all, onPage }: PagerProps) {
  const count = (number: number) => number.toLocaleString('en-US');
  const among = found === all ? `${count(all)} ${what}` : `${count(found)} of ${count(all)} ${what}`;
  return (
    <div className={styles['pager']}>
      <span role="status">
        {page.pages > 1 ? `${count(page.first)}–${count(page.last)} of ${among}` : among}
      </span>
      {page.pages > 1 && (
        <Row gap={1}>
          <IconButton
            label="Page before"
            size="s"
            isDisabled={page.page === 0}
            onPress={() => onPage(page.page - 1)}
          >
            <ChevronLeft aria-hidden />
          </IconButton>
          <IconButton
            label="Next page"
            size="s"
            isDisabled={page.page + 1 >= page.pages}
            onPress={() => onPage(page.page + 1)}
          >
            <ChevronRight aria-hidden />
          </IconButton>
        </Row>
      )}
    </div>
  );
}
