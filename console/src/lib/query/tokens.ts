/**
 * A search as tokens, for colouring it while it is typed.
 *
 * It must hold that the tokens tile the text: put together they are what was typed.
 */
import { type FieldTerm, readTerms, type Stretch, type Term } from './grammar';

export type TokenKind =
  'space' | 'minus' | 'field' | 'colon' | 'value' | 'star' | 'phrase' | 'text' | 'refused';

export interface Token extends Stretch {
  readonly kind: TokenKind;
  readonly text: string;
}

/** The value of a term, its stars by themselves. */
function valuePieces(text: string, value: Stretch): [TokenKind, number][] {
  const pieces: [TokenKind, number][] = [];
  let isQuoted = false;
  let at = value.from;
  while (at < value.to) {
    const char = text.charAt(at);
    if (char === '"') isQuoted = !isQuoted;
    const isEscape = isQuoted && char === '\\' && /["\\*]/.test(text.charAt(at + 1));
    const length = isEscape ? 2 : 1;
    const kind = char === '*' ? 'star' : 'value';
    at += length;
    const last = pieces.at(-1);
    if (last?.[0] === kind) last[1] = at;
    else pieces.push([kind, at]);
  }
  return pieces;
}

/** The kinds of a term's stretches, each with its end. */
function piecesOf(text: string, term: Term): [TokenKind, number][] {
  if (term.kind === 'field') return piecesOfField(text, term);
  return [[term.kind, term.to]];
}

function piecesOfField(text: string, term: FieldTerm): [TokenKind, number][] {
  const minus: [TokenKind, number][] = term.isNegated ? [['minus', term.path.from]] : [];
  return [...minus, ['field', term.path.to], ['colon', term.value.from], ...valuePieces(text, term.value)];
}

/** The tokens of a search, white space included. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: TokenKind, to: number) => {
    if (to > at) tokens.push({ kind, from: at, to, text: text.slice(at, to) });
    at = to;
  };
  for (const term of readTerms(text)) {
    push('space', term.from);
    for (const [kind, to] of piecesOf(text, term)) push(kind, to);
  }
  push('space', text.length);
  return tokens;
}
