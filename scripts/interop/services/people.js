// Where people sign in: a certified OpenID provider (oidc-provider) with its own pages for signing in and consenting,
// and one client without a secret, as Sigstore's has it.
'use strict';

const http = require('node:http');
const { pathToFileURL } = require('node:url');
const jose = require('jose');
const { refusal } = require('./http_server');

const CLIENT = 'sigstore';

class People {
  // Listens on a free port of the loopback interface.
  static async start() {
    const people = new People();
    const server = http.createServer((...both) => people.answer(...both));
    await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    people.url = `http://127.0.0.1:${server.address().port}`;
    // The package is an ECMAScript module, which no NODE_PATH leads to.
    const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
    const provider = new Provider(people.url, {
      clients: [
        {
          client_id: CLIENT,
          // With any port on loopback (RFC 8252, section 7.3), for programs on a desktop alone.
          application_type: 'native',
          redirect_uris: ['http://127.0.0.1/auth/callback'],
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      claims: { openid: ['sub'], email: [] },
      pkce: { required: () => true },
      // Whoever signs in has the name that they type.
      findAccount: (_, name) => ({ accountId: name, claims: () => ({ sub: name }) }),
    });
    for (const event of ['authorization.error', 'grant.error', 'grant.success', 'server_error']) {
      provider.on(event, (_, error) => console.log(`people ${event} ${error?.error_description ?? error ?? ''}`));
    }
    people.answer = provider.callback();
    return people;
  }

  // The claims of a token of this provider that is valid now and meant for Sigstore.
  async verify(token) {
    try {
      this.keys ??= jose.createRemoteJWKSet(new URL(`${this.url}/jwks`));
      const { payload } = await jose.jwtVerify(token, this.keys, { issuer: this.url, audience: CLIENT });
      return payload;
    } catch (error) {
      throw refusal(401, `the identity token is refused: ${error.message}`);
    }
  }
}

module.exports = { People };
