import { describe, expect, it } from 'vitest';

import { originOf, readOrigins } from './origins';
import { askForToken, embedLines } from './viewer-tokens';

describe('originOf', () => {
  it('writes an origin as browsers do', () => {
    expect(originOf('https://App.Example.com')).toBe('https://app.example.com');
    expect(originOf('https://app.example.com:443/page?a#b')).toBe('https://app.example.com');
    expect(originOf('http://localhost:5173')).toBe('http://localhost:5173');
    expect(originOf('https://bücher.example')).toBe('https://xn--bcher-kva.example');
  });

  it('has none for patterns, other schemes and what is hidden before an @', () => {
    for (const text of [
      '*',
      'https://*.example.com',
      'null',
      'app.example.com',
      'file://x',
      'https://',
      'https://a@b.example',
      'javascript:alert(1)',
    ]) {
      expect(originOf(text), text).toBeUndefined();
    }
  });

  it('keeps what is no origin, so that it can be told', () => {
    expect(readOrigins(['https://a.example/x', 'https://a.example', 'nonsense'])).toEqual([
      'https://a.example',
      'nonsense',
    ]);
  });
});

describe('the lines that show a log', () => {
  it('stay text, whatever stands in a token', () => {
    const lines = embedLines('https://a.example', '"><script>&');
    expect(lines).toContain('token="&quot;>&lt;script>&amp;"');
    expect(lines).toContain('src="https://a.example/embed/evident-log.js"');
  });

  it('ask for a token with a key from the environment, not with one that is written down', () => {
    expect(askForToken('https://a.example', 'vis_1')).toContain('"issuer_id": "vis_1"');
    expect(askForToken('https://a.example', 'vis_1')).toContain('$EVIDENT_ADMIN_KEY');
  });
});
