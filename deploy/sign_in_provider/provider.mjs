// Northshire's identity provider: oidc-provider with invented people, on this machine alone.
//
// It reads lines of JSON. The first says who may sign in and which clients there are; each later one changes the
// signing keys, or puts the clock ahead by so many seconds. It prints its port, and ends when whoever started it does.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import { Provider, errors, interactionPolicy } from 'oidc-provider';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const STRONG = 'strong';
const realNow = Date.now;
const cookieKey = randomBytes(32).toString('hex');

// What the provider remembers, in memory. Its own way to do so would forget all with each change of keys.
const remembered = new Map();

class Remembering {
  constructor(model) { this.model = model; }

  key(id) { return `${this.model}:${id}`; }

  ofKind(test) {
    return [...remembered].find(([key, row]) => key.startsWith(`${this.model}:`) && test(row))?.[1];
  }

  async upsert(id, row) { remembered.set(this.key(id), row); }

  async find(id) { return remembered.get(this.key(id)); }

  async findByUid(uid) { return this.ofKind((row) => row.uid === uid); }

  async findByUserCode(code) { return this.ofKind((row) => row.userCode === code); }

  async destroy(id) { remembered.delete(this.key(id)); }

  async consume(id) { remembered.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }

  async revokeByGrantId(grantId) {
    for (const [key, row] of remembered) if (row.grantId === grantId) remembered.delete(key);
  }
}

function escaped(text) {
  return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function page(title, body) {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title></head><body><main><h1>${escaped(title)}</h1>${body}</main></body></html>`;
}

function signInPage(uid, accounts, wantsStrong) {
  const people = accounts.map((one) => `<p><label><input type="radio" name="login" value="${escaped(one.sub)}" required>
    ${escaped(one.name)}, ${escaped(one.says)}</label></p>`);
  return page('Northshire sign-in', `<p>All these people are invented: choose one.</p>
<form method="post" action="/interaction/${escaped(uid)}">${people.join('\n')}
<p><label><input type="checkbox" name="strongly" value="yes"${wantsStrong ? ' checked' : ''}>
  With a security key, as emergency access asks for</label></p>
<p><button type="submit">Sign in</button></p></form>`);
}

// A stronger sign-in is asked for (acr_values) than there was: sign in again.
function strongEnough() {
  const { Check } = interactionPolicy;
  const policy = interactionPolicy.base();
  policy.get('login').checks.add(new Check('acr', 'a stronger sign-in is needed', ({ oidc }) => {
    const wanted = (oidc.params.acr_values ?? '').split(' ').filter(Boolean);
    const met = wanted.length === 0 || wanted.includes(oidc.session.acr) || oidc.result?.login;
    return met ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
  }));
  return policy;
}

async function granted(ctx) {
  const { oidc } = ctx;
  const earlier = oidc.session.grantIdFor(oidc.client.clientId);
  const found = earlier && await oidc.provider.Grant.find(earlier);
  if (found) return found;
  const grant = new oidc.provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId });
  grant.addOIDCScope('openid');
  await grant.save();
  return grant;
}

// What the broker reads of an access token, beside what RFC 9068 asks for.
function claimsOf(said, ctx, token) {
  const account = said.accounts.find((one) => one.sub === token.accountId);
  const client = said.clients.find((one) => one.client_id === token.clientId);
  if (account === undefined) return client?.claims;
  const source = ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.RefreshToken;
  return { ...account.claims, name: account.name, acr: source?.acr, auth_time: source?.authTime };
}

function configuration(said, keys) {
  return {
    adapter: Remembering,
    jwks: { keys },
    clients: said.clients.map(({ claims, minutes, ...client }) => client),
    clientDefaults: { id_token_signed_response_alg: 'ES256', grant_types: ['authorization_code', 'refresh_token'] },
    findAccount: (_, sub) => (said.accounts.some((one) => one.sub === sub)
      ? { accountId: sub, claims: () => ({ sub }) } : undefined),
    acrValues: [STRONG],
    claims: { openid: ['sub'], acr: null, auth_time: null, sid: null, iss: null },
    scopes: ['openid'],
    cookies: { keys: [cookieKey] },
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256'],
      dPoPSigningAlgValues: ['ES256'],
    },
    pkce: { required: () => true },
    interactions: { policy: strongEnough(), url: (_, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: granted,
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    clientBasedCORS: () => false,
    extraTokenClaims: (ctx, token) => claimsOf(said, ctx, token),
    // Also to this machine, where the broker is: the dispatcher that comes with it would not.
    fetch: (address, { dispatcher, ...options }) => globalThis.fetch(address, options),
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      mTLS: { // the provider speaks no TLS: its client says in a header which certificate it would have shown
        enabled: true,
        certificateBoundAccessTokens: true,
        getCertificate: (ctx) => decodeURIComponent(ctx.get('x-client-certificate')) || undefined,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => said.audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource, client) => {
          if (resource !== said.audience) throw new errors.InvalidTarget();
          const minutes = said.clients.find((one) => one.client_id === client.clientId)?.minutes ?? 5;
          return {
            scope: '', accessTokenFormat: 'jwt', accessTokenTTL: minutes * MINUTE, jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = page('Sign out of Northshire?', `${form}<p><button autofocus type="submit" form="op.logoutForm"
            value="yes" name="logout">Yes, sign me out</button></p>`);
        },
        postLogoutSuccessSource: (ctx) => { ctx.body = page('You are signed out', ''); },
      },
    },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = page('This sign-in cannot go on', `<p>${escaped(out.error)}</p><p>${escaped(out.error_description ?? '')}</p>`);
    },
    ttl: {
      AccessToken: (_, token) => token.resourceServer?.accessTokenTTL ?? 5 * MINUTE,
      ClientCredentials: (_, token) => token.resourceServer?.accessTokenTTL ?? 5 * MINUTE,
      AuthorizationCode: MINUTE,
      Grant: 12 * HOUR,
      IdToken: 5 * MINUTE,
      Interaction: 10 * MINUTE,
      RefreshToken: 12 * HOUR,
      Session: 12 * HOUR,
    },
  };
}

async function formOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString());
}

async function interaction(provider, said, request, response) {
  const { uid, params } = await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.setHeader('Cache-Control', 'no-store');
    response.end(signInPage(uid, said.accounts, Boolean(params.acr_values)));
    return;
  }
  const form = await formOf(request);
  const account = said.accounts.find((one) => one.sub === form.get('login'));
  const login = account && { accountId: account.sub, acr: form.get('strongly') === 'yes' ? STRONG : 'password' };
  await provider.interactionFinished(request, response, login ? { login } : { error: 'access_denied' });
}

function serving(said) {
  let provider;
  const server = createServer((request, response) => {
    const served = request.url.startsWith('/interaction/')
      ? interaction(provider, said, request, response) : provider.callback()(request, response);
    Promise.resolve(served).catch(() => {
      response.statusCode = 400;
      response.end(page('This sign-in cannot go on', '<p>It was begun too long ago. Begin again.</p>'));
    });
  });
  server.listen(said.port, '127.0.0.1', () => {
    const { port } = server.address();
    const issuer = `http://127.0.0.1:${port}`;
    const signWith = (keys) => { provider = new Provider(issuer, configuration(said, keys)); };
    signWith(said.keys);
    lines.on('line', (line) => {
      const { keys, ahead } = JSON.parse(line);
      if (keys) signWith(keys);
      if (ahead !== undefined) Date.now = () => realNow() + ahead * 1000;
      console.log('done');
    });
    console.log(port);
  });
}

const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => serving(JSON.parse(line)));
lines.once('close', () => process.exit(0));
