// An OIDC issuer that mints identity tokens as GitHub Actions' issuer does, for whoever asks.
//
// POST /token gives {"value": TOKEN}; a JSON body overrides claims, and null removes one. `GET /request-token` is the
// same in the manner of ACTIONS_ID_TOKEN_REQUEST_URL, with the audience in the query.
'use strict';

const crypto = require('node:crypto');
const jose = require('jose');
const { json, refusal } = require('./http_server');

const COMMIT = '0123456789012345678901234567890123456789';
const WORKFLOW = 'acme/app/.github/workflows/release.yml@refs/tags/v1.2.3';
const LIFETIME_SECONDS = 600;

// What GitHub says of a push of the tag v1.2.3 in acme/app.
const GITHUB_CLAIMS = {
  sub: `https://github.com/${WORKFLOW}`,
  actor: 'maintainer',
  event_name: 'push',
  job_workflow_ref: WORKFLOW,
  job_workflow_sha: COMMIT,
  ref: 'refs/tags/v1.2.3',
  ref_type: 'tag',
  repository: 'acme/app',
  repository_id: '1',
  repository_owner: 'acme',
  repository_owner_id: '2',
  repository_visibility: 'public',
  run_attempt: '1',
  run_id: '10',
  runner_environment: 'github-hosted',
  sha: COMMIT,
  workflow: 'release',
  workflow_ref: WORKFLOW,
  workflow_sha: COMMIT,
};

class Issuer {
  constructor() {
    this.keys = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.url = undefined;
  }

  async mint(overrides) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.url, aud: 'sigstore', iat: now - 1, nbf: now - 1, exp: now + LIFETIME_SECONDS };
    Object.assign(claims, GITHUB_CLAIMS, overrides);
    for (const [name, value] of Object.entries(claims)) if (value === null) delete claims[name];
    return new jose.SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'interop', typ: 'JWT' })
      .sign(this.keys.privateKey);
  }

  // The claims of a token of this issuer that is valid now and meant for Sigstore.
  async verify(token) {
    try {
      const { payload } = await jose.jwtVerify(token, this.keys.publicKey, { issuer: this.url, audience: 'sigstore' });
      return payload;
    } catch (error) {
      throw refusal(401, `the identity token is refused: ${error.message}`);
    }
  }

  routes() {
    const key = { ...this.keys.publicKey.export({ format: 'jwk' }), kid: 'interop', use: 'sig', alg: 'RS256' };
    return [
      {
        method: 'GET',
        path: '/.well-known/openid-configuration',
        answer: () =>
          json(200, {
            issuer: this.url,
            jwks_uri: `${this.url}/jwks`,
            authorization_endpoint: `${this.url}/authorize`,
            token_endpoint: `${this.url}/token`,
            response_types_supported: ['id_token'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256'],
          }),
      },
      { method: 'GET', path: '/jwks', answer: () => json(200, { keys: [key] }) },
      {
        method: 'POST',
        path: '/token',
        answer: async ({ body }) => json(200, { value: await this.mint(body.length ? JSON.parse(body) : {}) }),
      },
      {
        method: 'GET',
        path: '/request-token',
        answer: async ({ query, headers }) => {
          if (!headers.authorization) throw refusal(401, 'no request token');
          return json(200, { value: await this.mint({ aud: query.get('audience') ?? 'sigstore' }) });
        },
      },
    ];
  }
}

module.exports = { Issuer };
