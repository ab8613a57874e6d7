/**
 * What a user agent says, in words: "Safari 18.4 on macOS", "quillmere-cli 3.7.0".
 *
 * It is a hint for people and nothing more, since whoever asks says what they like. What is not
 * known gives no words rather than wrong ones.
 */

/** The longest user agent that is looked at, in characters. */
const MAX_CHARS = 1024;

interface Known {
  readonly name: string;
  /** Its first group is the version, as far as it is worth saying. */
  readonly pattern: RegExp;
}

/** In this order: most browsers also claim to be those that stand behind them. */
const BROWSERS: readonly Known[] = [
  { name: 'Edge', pattern: /\b(?:Edg|EdgA|EdgiOS)\/(\d+)/ },
  { name: 'Opera', pattern: /\b(?:OPR|OPT)\/(\d+)/ },
  { name: 'Samsung Internet', pattern: /\bSamsungBrowser\/(\d+)/ },
  { name: 'Firefox', pattern: /\b(?:Firefox|FxiOS)\/(\d+)/ },
  { name: 'Headless Chrome', pattern: /\bHeadlessChrome\/(\d+)/ },
  { name: 'Chrome', pattern: /\b(?:Chrome|CriOS)\/(\d+)/ },
  { name: 'Safari', pattern: /\bVersion\/(\d+(?:\.\d+)?).*\bSafari\// },
];

const SYSTEMS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\b(?:Macintosh|Mac OS X|macOS|[Dd]arwin)\b/],
  ['Linux', /\b(?:Linux|linux)\b/],
];

/** A program that names itself first, such as `curl/8.5.0`. */
const PROGRAM = /^([A-Za-z][\w.@-]{0,63})\/v?(\d[\w.+-]{0,31})/;

function systemOf(text: string): string {
  const found = SYSTEMS.find(([, pattern]) => pattern.test(text));
  return found === undefined ? '' : ` on ${found[0]}`;
}

/** The program in words; undefined if it is not known. */
export function programWords(userAgent: string): string | undefined {
  const text = userAgent.slice(0, MAX_CHARS);
  if (!text.startsWith('Mozilla/')) {
    const [, name, version] = PROGRAM.exec(text) ?? [];
    return name === undefined || version === undefined ? undefined : `${name} ${version}${systemOf(text)}`;
  }
  for (const { name, pattern } of BROWSERS) {
    const version = pattern.exec(text)?.[1];
    if (version !== undefined) return `${name} ${version}${systemOf(text)}`;
  }
  return undefined;
}
