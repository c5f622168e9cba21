// Starts the OIDC issuer, the provider where people sign in, Fulcio with its certificate log, Rekor v1 and the TUF repository on free loopback ports, around
// a Rekor v2 and a timestamp authority that run already, and writes what clients need into a folder:
//
//   trusted_root.json, signing_config.{v1,v2}.json, client_trust_config.{v1,v2}.json,
//   signing_config.timestamp.json (no log), root.json (the TUF repository's), urls.json (where each service is)
//
//   node main.js --state FOLDER --rekor-v2 URL --rekor-v2-key PUBLIC.pem --timestamp-authority URL
//
// It prints `ready` when all of it is there, then one line a request, and runs until it is ended.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { Fulcio } = require('./fulcio');
const { Issuer } = require('./issuer');
const { People } = require('./people');
const { RekorV1 } = require('./rekor_v1');
const { listen } = require('./http_server');
const { sha256 } = require('./merkle');
const { repositoryOf } = require('./tuf');
const trust = require('./trust');

async function main() {
  const { values } = parseArgs({
    options: {
      state: { type: 'string' },
      'rekor-v2': { type: 'string' },
      'rekor-v2-key': { type: 'string' },
      'timestamp-authority': { type: 'string' },
    },
  });
  const issuer = new Issuer();
  const people = await People.start();
  const fulcio = await Fulcio.create(issuer, people);
  const rekorV1 = new RekorV1();
  const tufRoutes = [];
  const urls = {
    issuer: await listen('issuer', issuer.routes()),
    people: people.url,
    fulcio: await listen('fulcio', fulcio.routes()),
    rekorV1: await listen('rekor-v1', rekorV1.routes()),
    tuf: await listen('tuf', tufRoutes),
    rekorV2: values['rekor-v2'],
    timestampAuthority: values['timestamp-authority'],
  };
  issuer.url = urls.issuer;
  rekorV1.url = urls.rekorV1;

  const root = await trust.trustedRoot({ urls, fulcio, rekorV1, rekorV2Key: fs.readFileSync(values['rekor-v2-key']) });
  const v1 = trust.signingConfig(urls, 1);
  const v2 = trust.signingConfig(urls, 2);
  const tuf = repositoryOf({ 'trusted_root.json': root, 'signing_config.v0.2.json': v2 });
  tufRoutes.push(...tuf.routes);

  await seed(urls.rekorV2);
  const documents = {
    'trusted_root.json': root,
    'signing_config.v1.json': v1,
    'signing_config.v2.json': v2,
    'signing_config.timestamp.json': trust.signingConfig(urls, 0),
    'client_trust_config.v1.json': trust.clientTrustConfig(root, v1),
    'client_trust_config.v2.json': trust.clientTrustConfig(root, v2),
    'root.json': tuf.root,
    'urls.json': urls,
  };
  for (const [name, document] of Object.entries(documents)) {
    fs.writeFileSync(path.join(values.state, name), `${JSON.stringify(document, null, 2)}\n`);
  }
  console.log('ready');
}

// The first entry of a log has index 0, which canonical JSON leaves out, and a tree of one leaf has no hashes in its
// proofs; clients take either for missing. No log that is in use is in that state.
async function seed(rekorV2) {
  for (let entry = 0; entry < 3; entry += 1) {
    const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const artifact = Buffer.from(`seed ${entry}`);
    const request = {
      digest: sha256(artifact).toString('base64'),
      signature: {
        content: crypto.sign('sha256', artifact, privateKey).toString('base64'),
        verifier: {
          publicKey: { rawBytes: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') },
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        },
      },
    };
    const answer = await fetch(`${rekorV2}/api/v2/log/entries`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ hashedRekordRequestV002: request }),
    });
    if (!answer.ok) throw new Error(`Rekor v2 answers ${answer.status}: ${await answer.text()}`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
