// npm's Sigstore packages as a program: they are a library, and npm itself offers no way to a private instance.
//
//   node npm.js sign   {"kind": "message"|"dsse", "payload": FILE, "bundle": FILE, "fulcio": URL, "rekor": URL,
//                       "rekorVersion": 1|2, "timestamps": URL|null, "token": TOKEN}
//   node npm.js verify {"artifact": FILE, "bundle": FILE, "trustedRoot": FILE, "identity": ID, "issuer": URL, "key": FILE|null,
//                       "logEntries": 0|1}
//
// It exits with 0 when the packages are content, and prints their error otherwise.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const { bundleFromJSON, bundleToJSON } = require('@sigstore/bundle');
const { TrustedRoot } = require('@sigstore/protobuf-specs');
const { DSSEBundleBuilder, FulcioSigner, MessageSignatureBundleBuilder, RekorWitness, TSAWitness } = require('@sigstore/sign');
const { toSignedEntity, toTrustMaterial, Verifier } = require('@sigstore/verify');

async function sign(order) {
  const witnesses = [new RekorWitness({ rekorBaseURL: order.rekor, majorApiVersion: order.rekorVersion, entryType: 'dsse', retry: 0 })];
  if (order.timestamps) witnesses.push(new TSAWitness({ tsaBaseURL: order.timestamps, retry: 0 }));
  const signer = new FulcioSigner({
    fulcioBaseURL: order.fulcio,
    identityProvider: { getToken: async () => order.token },
    retry: 0,
  });
  const Builder = order.kind === 'dsse' ? DSSEBundleBuilder : MessageSignatureBundleBuilder;
  const bundle = await new Builder({ signer, witnesses }).create({
    data: fs.readFileSync(order.payload),
    type: order.kind === 'dsse' ? 'application/vnd.in-toto+json' : undefined,
  });
  fs.writeFileSync(order.bundle, JSON.stringify(bundleToJSON(bundle)));
}

function verify(order) {
  const artifact = fs.readFileSync(order.artifact);
  const bundle = bundleFromJSON(JSON.parse(fs.readFileSync(order.bundle)));
  const root = TrustedRoot.fromJSON(JSON.parse(fs.readFileSync(order.trustedRoot)));
  const findKey = () => ({ publicKey: crypto.createPublicKey(fs.readFileSync(order.key)), validFor: () => true });
  // The packages check the envelope and leave the subject to their caller.
  if (bundle.content.$case === 'dsseEnvelope') {
    const digest = crypto.createHash('sha256').update(artifact).digest('hex');
    const { subject } = JSON.parse(bundle.content.dsseEnvelope.payload);
    if (!subject.some((one) => one.digest.sha256 === digest)) throw new Error('the artifact is no subject of the statement');
  }
  const material = toTrustMaterial(root, order.key ? findKey : undefined);
  const policy = order.key ? undefined : { subjectAlternativeName: order.identity, extensions: { issuer: order.issuer } };
  new Verifier(material, { ctlogThreshold: order.key ? 0 : 1, tlogThreshold: order.logEntries }).verify(toSignedEntity(bundle, artifact), policy);
}

const [verb, order] = process.argv.slice(2);
Promise.resolve()
  .then(() => ({ sign, verify })[verb](JSON.parse(order)))
  .catch((error) => {
    console.error(`${error.name} ${error.code ?? ''}: ${error.message}${error.cause ? ` (${error.cause.message})` : ''}`);
    process.exitCode = 1;
  });
