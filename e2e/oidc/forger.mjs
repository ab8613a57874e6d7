// A provider that misbehaves, for what a real one cannot be brought to.
//
// Each case is an issuer of its own, <origin>/<case>. There is nobody to sign in: the code that its
// token endpoint is given is taken for the nonce, so a test sends the nonce it was told as the code.
// Unless the case says otherwise, the token is right and is signed with the keys of the real provider.
// <origin>/<case>/asked tells how often each of the case's documents was asked for.

import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { base64url, SignJWT } from 'jose';

const HUGE_BYTES = 10 * 1024 * 1024;
const ACCESS_TOKEN = 'an-access-token';
const MINUTE = 60;

const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

const CASES = {
  rs256: {},
  es256: { alg: 'ES256' },
  eddsa: { alg: 'EdDSA' },
  'one-group': { claims: { groups: 'engineering' } },
  'words-for-booleans': { claims: { email_verified: 'true' } },
  'wrong-nonce': { claims: { nonce: 'another' } },
  'no-nonce': { claims: { nonce: undefined } },
  'wrong-issuer': { claims: { iss: 'http://127.0.0.1:9' } },
  'wrong-audience': { claims: { aud: 'another' } },
  'second-audience': { claims: { aud: ['evident', 'another'] } },
  'wrong-party': { claims: { azp: 'another' } },
  expired: { claims: { iat: -10 * MINUTE, exp: -5 * MINUTE } },
  'just-expired': { claims: { iat: -5 * MINUTE, exp: -MINUTE / 2 } },
  old: { claims: { iat: -60 * MINUTE } },
  'of-the-future': { claims: { iat: 5 * MINUTE } },
  'wrong-access-token': { claims: { at_hash: atHash('another token', 'sha256') } },
  'alg-none': { sign: (claims) => `${unsigned({ alg: 'none' }, claims)}.` },
  'alg-hs256': {
    sign: (claims, { secret }) => {
      const text = unsigned({ alg: 'HS256' }, claims);
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    },
  },
  'foreign-key': { sign: (claims) => signed(claims, 'RS256', 'test-RS256', stranger) },
  'unknown-key': { sign: (claims) => signed(claims, 'RS256', 'nobody-knows', stranger) },
  // The key that signs is published only when the keys are asked for again.
  'new-key': { keys: (all, asked) => (asked > 1 ? all : []) },
  'no-e-mail': { claims: { email: undefined, email_verified: undefined } },
  'other-subject': { claims: { email: undefined }, userinfo: { sub: 'mallory' } },
  'token-with-a-line-break': { claims: { email: undefined, at_hash: undefined }, token: 'a\nb' },
  'says-who-it-is': { discovery: { authorization_response_iss_parameter_supported: true } },
  'other-issuer': { discovery: { issuer: 'http://127.0.0.1:9' } },
  'plain-keys': { discovery: { jwks_uri: 'http://192.0.2.1/keys' } },
  'plain-sign-in': { discovery: { authorization_endpoint: 'http://192.0.2.1/auth' } },
  'script-sign-in': { discovery: { authorization_endpoint: 'javascript:alert(1)' } },
  'no-document': { answer: (response) => response.end('<h1>Hello</h1>') },
  'moved': { answer: (response) => response.writeHead(302, { location: '../../rs256/.well-known/openid-configuration' }).end() },
  'silent': { answer: () => {} },
  'huge': { answer: (response) => response.writeHead(200, JSON_TYPE).end(' '.repeat(HUGE_BYTES)) },
  'fails-and-counts': { answer: (response) => response.writeHead(503).end() },
  'known-for-an-hour': {},
  'failing': { answer: (response) => response.writeHead(503).end() },
};

const JSON_TYPE = { 'content-type': 'application/json' };

function atHash(token, algorithm) {
  const digest = createHash(algorithm).update(token).digest();
  return base64url.encode(digest.subarray(0, digest.length / 2));
}

function unsigned(header, claims) {
  return [header, claims].map((part) => base64url.encode(JSON.stringify(part))).join('.');
}

function signed(claims, alg, kid, key) {
  return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'JWT' }).sign(key);
}

// Times of a case are seconds from now.
function claimsOf(wanted, issuer, nonce, alg) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: 'forged',
    aud: 'evident',
    azp: 'evident',
    nonce,
    at_hash: atHash(ACCESS_TOKEN, alg === 'EdDSA' ? 'sha512' : 'sha256'),
    email: 'forged@acme.example',
    email_verified: true,
    name: 'Forged',
    groups: ['engineering'],
    ...wanted,
    iat: now + (wanted.iat ?? 0),
    exp: now + (wanted.exp ?? 5 * MINUTE),
  };
  return JSON.parse(JSON.stringify(claims));
}

export function forger(keys, secret) {
  const asked = {};

  const routes = {
    '.well-known/openid-configuration': (response, { wanted, issuer }) => {
      if (wanted.answer) {
        wanted.answer(response);
        return;
      }
      json(response, {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256', 'ES256', 'EdDSA', 'HS256', 'none'],
        ...wanted.discovery,
      });
    },
    keys: (response, { wanted, times }) => {
      const all = Object.values(keys).map((key) => key.publicJwk);
      json(response, { keys: wanted.keys ? wanted.keys(all, times.keys) : all });
    },
    token: async (response, { wanted, issuer, form }) => {
      const alg = wanted.alg ?? 'RS256';
      const claims = claimsOf(wanted.claims ?? {}, issuer, form.get('code'), alg);
      const sign = wanted.sign ?? (() => signed(claims, alg, keys[alg].kid, keys[alg].privateKey));
      json(response, {
        access_token: wanted.token ?? ACCESS_TOKEN,
        token_type: 'Bearer',
        expires_in: 300,
        id_token: await sign(claims, { secret }),
      });
    },
    userinfo: (response, { wanted }) => {
      json(response, {
        sub: 'forged',
        email: 'told@acme.example',
        email_verified: true,
        ...wanted.userinfo,
      });
    },
    asked: (response, { times }) => json(response, times),
  };

  return async (request, response) => {
    const [, name, ...rest] = request.url.split('/');
    const document = rest.join('/');
    const wanted = Object.hasOwn(CASES, name) ? CASES[name] : undefined;
    if (!wanted || !Object.hasOwn(routes, document)) {
      response.writeHead(404).end();
      return;
    }
    asked[name] ??= {};
    asked[name][document] = (asked[name][document] ?? 0) + 1;
    let body = '';
    for await (const chunk of request) body += chunk;
    const issuer = `http://${request.headers.host}/${name}`;
    const form = new URLSearchParams(body);
    await routes[document](response, { wanted, issuer, form, times: asked[name] });
  };
}

function json(response, value) {
  response.writeHead(200, JSON_TYPE).end(JSON.stringify(value));
}
