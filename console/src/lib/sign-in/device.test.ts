import { describe, expect, it } from 'vitest';

import { deviceInWords, isHandheld } from './device';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';
const EDGE = `${CHROME} Edg/130.0.0.0`;
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0 Mobile/15E148 Safari/604.1';
const ANDROID = 'Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0';

describe('a device in words', () => {
  it.each([
    [CHROME, 'Chrome on Windows'],
    [EDGE, 'Edge on Windows'],
    [SAFARI, 'Safari on macOS'],
    [IPHONE, 'Chrome on iPhone'],
    [ANDROID, 'Firefox on Android'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0', 'Firefox on Linux'],
    ['curl/8.5.0', 'curl'],
    ['', 'Unknown device'],
    ['something on Windows', 'Unknown browser on Windows'],
  ])('of %s', (userAgent, words) => {
    expect(deviceInWords(userAgent)).toBe(words);
  });

  it('is held in the hand or not', () => {
    expect(isHandheld(IPHONE)).toBe(true);
    expect(isHandheld(ANDROID)).toBe(true);
    expect(isHandheld(SAFARI)).toBe(false);
  });
});
