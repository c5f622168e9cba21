// The documents that tell clients whom to trust and where to sign: trusted root, signing configuration, and both in one
// (sigstore/protobuf-specs, sigstore_trustroot.proto).
'use strict';

const crypto = require('node:crypto');
const { sha256 } = require('./merkle');
const pem = require('./pem');

const base64 = (bytes) => Buffer.from(bytes).toString('base64');

function logInstance(url, der, details, id, validFor) {
  return {
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(der), keyDetails: details, validFor },
    logId: { keyId: base64(id) },
  };
}

// The id of a log that signs its checkpoints with Ed25519: C2SP signed-note, "Signatures".
function noteKeyId(origin, der) {
  const raw = der.subarray(der.length - 32);
  return sha256(Buffer.from(`${origin}\n`), Buffer.from([1]), raw);
}

async function certificatesOf(timestampAuthority) {
  const answer = await fetch(`${timestampAuthority}/api/v1/timestamp/certchain`);
  if (!answer.ok) throw new Error(`the timestamp authority answers ${answer.status}`);
  return pem.decode(await answer.text()).map(({ der }) => ({ rawBytes: base64(der) }));
}

// `urls` has {fulcio, issuer, rekorV1, rekorV2, timestampAuthority}.
async function trustedRoot({ urls, fulcio, rekorV1, rekorV2Key }) {
  const validFor = { start: new Date(Date.now() - 3600_000).toISOString() };
  const rekorV2 = crypto.createPublicKey(rekorV2Key).export({ format: 'der', type: 'spki' });
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      logInstance(urls.rekorV1, rekorV1.publicKey, 'PKIX_ECDSA_P256_SHA_256', rekorV1.id, validFor),
      logInstance(urls.rekorV2, rekorV2, 'PKIX_ED25519', noteKeyId(new URL(urls.rekorV2).hostname, rekorV2), validFor),
    ],
    certificateAuthorities: [
      {
        subject: { organization: 'sigstore.mock', commonName: 'sigstore' },
        uri: urls.fulcio,
        certChain: { certificates: [{ rawBytes: base64(fulcio.rootCertificate) }] },
        validFor,
      },
    ],
    ctlogs: [logInstance(`${urls.fulcio}/ct`, fulcio.logKey, 'PKIX_ECDSA_P256_SHA_256', sha256(fulcio.logKey), validFor)],
    timestampAuthorities: [
      {
        subject: { organization: 'local', commonName: 'Test TSA Timestamping' },
        uri: `${urls.timestampAuthority}/api/v1/timestamp`,
        certChain: { certificates: await certificatesOf(urls.timestampAuthority) },
        validFor,
      },
    ],
  };
}

// `rekor` is 1 or 2, or 0 for no log at all. Version 2 states no time, so a timestamp authority comes with it; beside
// version 1 it is left out, since npm's and other clients would use it and hide what the log alone gives.
function signingConfig(urls, rekor) {
  const start = new Date(Date.now() - 3600_000).toISOString();
  const service = (url, majorApiVersion = 1) => [{ url, majorApiVersion, validFor: { start }, operator: 'interop' }];
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: service(urls.fulcio),
    oidcUrls: service(urls.issuer),
    rekorTlogUrls: rekor === 0 ? [] : service(rekor === 2 ? urls.rekorV2 : urls.rekorV1, rekor),
    tsaUrls: rekor === 1 ? [] : service(`${urls.timestampAuthority}/api/v1/timestamp`),
    rekorTlogConfig: { selector: 'ANY' },
    tsaConfig: { selector: 'ANY' },
  };
}

function clientTrustConfig(root, config) {
  return {
    mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
    trustedRoot: root,
    signingConfig: config,
  };
}

module.exports = { trustedRoot, signingConfig, clientTrustConfig };
