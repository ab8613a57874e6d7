/** What is wrong with a search, in words, each with a button for what was probably meant. */
import { CircleAlert, Info } from 'lucide-react';

import type { Mistake } from '../../lib/query/search';
import { visibleText } from '../../lib/text/visible';
import { Button } from '../../ui/Button';
import { corrected } from './mistakes';
import styles from './SearchBar.module.css';

/** More are not helpful at once. */
const MAX_SAID = 3;

export interface SearchMistakesProps {
  id: string;
  text: string;
  mistakes: readonly Mistake[];
  /** The search was corrected; the caret is behind the correction. */
  onTake: (text: string, caret: number) => void;
}

function actionOf({ suggestion }: Mistake): string {
  if (suggestion === '') return 'Remove it';
  return `Use ${visibleText(suggestion ?? '')}`;
}

export function SearchMistakes({ id, text, mistakes, onTake }: SearchMistakesProps) {
  return (
    <div id={id} aria-live="polite" className={styles['mistakes']}>
      {mistakes.slice(0, MAX_SAID).map((mistake) => (
        <p
          key={`${mistake.code} ${mistake.from}`}
          className={mistake.severity === 'error' ? styles['error'] : styles['hint']}
        >
          {mistake.severity === 'error' ? <CircleAlert aria-hidden /> : <Info aria-hidden />}
          <span>{visibleText(mistake.message)}</span>
          {mistake.suggestion !== undefined && (
            <Button
              size="s"
              onPress={() => {
                const next = corrected(text, mistake);
                onTake(next.text, next.caret);
              }}
            >
              {actionOf(mistake)}
            </Button>
          )}
        </p>
      ))}
    </div>
  );
}
