// A real OpenID provider for the tests of single sign-on, and beside it a forger: see forger.mjs.
//
// Both listen on loopback ports that the system picks. Where they are is said in one line of JSON on
// standard output, after which nothing more is written there. The process ends with its standard
// input, so that it never outlives the tests that started it.

import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { forger } from './forger.mjs';

// The provider's notices go where its warnings go: nobody reads standard output after its first line.
console.info = console.warn;

const CLIENT_SECRET = 'a secret of the tests, with + and % in it';
const REDIRECT_URL = 'http://127.0.0.1:9/v1/auth/oidc/callback';

// Whoever signs in by this name has these claims. The password is not looked at. A test that needs other
// claims puts them to <forger>/accounts/<name>.
const ACCOUNTS = {
  alice: {
    email: 'alice@acme.example',
    email_verified: true,
    name: 'Alice Liddell',
    groups: ['engineering', 'auditors'],
  },
  bob: { email: 'bob@acme.example', email_verified: false, name: 'Bob', groups: ['auditors'] },
  carol: { email: 'carol@example.org', email_verified: true, name: 'Carol', groups: ['auditors'] },
  dave: { email: 'dave@acme.example', email_verified: true },
};

const listen = (server) =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  });

const keys = {};
for (const alg of ['RS256', 'ES256', 'EdDSA']) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const kid = `test-${alg}`;
  keys[alg] = {
    kid,
    privateKey,
    privateJwk: { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' },
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
  };
}

const configuration = {
  clients: [
    {
      client_id: 'evident',
      client_secret: CLIENT_SECRET,
      redirect_uris: [REDIRECT_URL],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
    {
      client_id: 'evident-public',
      token_endpoint_auth_method: 'none',
      redirect_uris: [REDIRECT_URL],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name'],
    groups: ['groups'],
  },
  scopes: ['openid', 'email', 'profile', 'groups'],
  cookies: { keys: ['signs the cookies of a test'] },
  features: { devInteractions: { enabled: true } },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
  findAccount: (_context, id) =>
    Object.hasOwn(ACCOUNTS, id)
      ? { accountId: id, claims: () => ({ sub: id, ...ACCOUNTS[id] }) }
      : undefined,
  jwks: { keys: Object.values(keys).map((key) => key.privateJwk) },
  pkce: { required: () => true },
};

// The provider must know its address before it can answer.
let answer;
const server = createServer((request, response) => answer(request, response));
const issuer = await listen(server);
answer = new Provider(issuer, configuration).callback();
const forge = forger(keys, CLIENT_SECRET);
const forgerUrl = await listen(
  createServer(async (request, response) => {
    const [, folder, name] = request.url.split('/');
    if (request.method !== 'PUT' || folder !== 'accounts') {
      forge(request, response);
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    ACCOUNTS[name] = JSON.parse(body);
    response.writeHead(204).end();
  }),
);

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
console.log(
  JSON.stringify({
    issuer,
    forger: forgerUrl,
    client_secret: CLIENT_SECRET,
    redirect_url: REDIRECT_URL,
  }),
);
