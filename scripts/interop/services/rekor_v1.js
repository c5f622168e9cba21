// Rekor v1's HTTP interface: a log in memory with a real Merkle tree, signed entry timestamps and checkpoints, that
// canonicalises `dsse` and `hashedrekord` entries as the real one does. There is no Rekor v1 without a database to be
// had; version 2 is the real server, see services.py.
'use strict';

const crypto = require('node:crypto');
const canonicalize = require('canonicalize');
const { json, refusal } = require('./http_server');
const { sha256, leafHash, rootHash, inclusionProof } = require('./merkle');
const pem = require('./pem');

const TREE = '1193050959916656506';
// A tree of one leaf has an empty proof, which some clients take for a missing one.
const SEEDS = 3;

class RekorV1 {
  constructor() {
    this.keys = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    this.publicKey = this.keys.publicKey.export({ format: 'der', type: 'spki' });
    this.id = sha256(this.publicKey);
    this.entries = [];
    this.leaves = [];
    this.name = undefined;
    for (let at = 0; at < SEEDS; at += 1) this.append(Buffer.from(`{"seed":${at}}`));
  }

  set url(url) {
    this.name = new URL(url).host;
  }

  routes() {
    return [
      { method: 'POST', path: '/api/v1/log/entries', answer: ({ body }) => this.create(JSON.parse(body)) },
      {
        method: 'GET',
        path: /^\/api\/v1\/log\/entries(\/[0-9a-f]+)?$/,
        answer: ({ path, query }) => this.find(path.split('/').pop(), query.get('logIndex')),
      },
      { method: 'GET', path: '/api/v1/log', answer: () => json(200, this.state()) },
      {
        method: 'GET',
        path: '/api/v1/log/publicKey',
        answer: () => ({ status: 200, type: 'application/x-pem-file', body: pem.encode('PUBLIC KEY', this.publicKey), headers: {} }),
      },
      {
        method: 'POST',
        path: '/api/v1/index/retrieve',
        answer: ({ body }) => {
          const wanted = String(JSON.parse(body).hash ?? '').replace(/^sha256:/, '');
          const found = wanted ? this.entries.filter((entry) => entry.body.includes(wanted)) : [];
          return json(200, found.map((entry) => entry.id));
        },
      },
    ];
  }

  append(body) {
    const leaf = leafHash(body);
    const index = this.leaves.push(leaf) - 1;
    const integratedTime = Math.floor(Date.now() / 1000);
    const id = BigInt(TREE).toString(16).padStart(16, '0') + leaf.toString('hex');
    this.entries.push({ body, id, integratedTime, index });
    return this.entries[index];
  }

  create(proposed) {
    const body = Buffer.from(canonicalize(canonicalEntry(proposed)));
    const leaf = leafHash(body);
    const known = this.leaves.findIndex((one) => one.equals(leaf));
    if (known >= 0) {
      const location = `/api/v1/log/entries/${this.entries[known].id}`;
      return json(409, { code: 409, message: 'an equivalent entry already exists in the transparency log' }, { Location: location });
    }
    const entry = this.append(body);
    // cosign reads the entry's id from ETag.
    return json(201, this.view(entry), { ETag: entry.id, Location: `/api/v1/log/entries/${entry.id}` });
  }

  find(id, index) {
    const entry = index === null
      ? this.entries.find((one) => one.id === id || one.id.endsWith(id))
      : this.entries[Number(index)];
    return entry ? json(200, this.view(entry)) : json(404, { code: 404, message: 'entry not found' });
  }

  state() {
    const size = this.leaves.length;
    return { rootHash: rootHash(this.leaves).toString('hex'), treeSize: size, treeID: TREE, signedTreeHead: this.checkpoint(), inactiveShards: [] };
  }

  // A signed note (C2SP signed-note, tlog-checkpoint) over the tree as it is now, by an ECDSA key as Rekor v1 does it:
  // the key hint is the beginning of the log's id.
  checkpoint() {
    const note = `${this.name} - ${TREE}\n${this.leaves.length}\n${rootHash(this.leaves).toString('base64')}\n`;
    const signature = crypto.sign('sha256', Buffer.from(note), this.keys.privateKey);
    return `${note}\n\u2014 ${this.name} ${Buffer.concat([this.id.subarray(0, 4), signature]).toString('base64')}\n`;
  }

  view(entry) {
    const promised = {
      body: entry.body.toString('base64'),
      integratedTime: entry.integratedTime,
      logID: this.id.toString('hex'),
      logIndex: entry.index,
    };
    entry.promise ??= crypto.sign('sha256', Buffer.from(canonicalize(promised)), this.keys.privateKey).toString('base64');
    return {
      [entry.id]: {
        ...promised,
        verification: {
          inclusionProof: {
            checkpoint: this.checkpoint(),
            hashes: inclusionProof(entry.index, this.leaves).map((hash) => hash.toString('hex')),
            logIndex: entry.index,
            rootHash: rootHash(this.leaves).toString('hex'),
            treeSize: this.leaves.length,
          },
          signedEntryTimestamp: entry.promise,
        },
      },
    };
  }
}

// What the log keeps of a proposed entry: the canonical form that its leaf hash is made of.
function canonicalEntry(proposed) {
  if (proposed.kind === 'dsse') return canonicalEnvelope(proposed.spec.proposedContent);
  if (proposed.kind === 'hashedrekord') return canonicalHash(proposed.spec);
  throw refusal(400, `entries of kind ${proposed.kind} are not taken here`);
}

function canonicalEnvelope({ envelope: text, verifiers }) {
  const envelope = JSON.parse(text);
  const payload = Buffer.from(envelope.payload, 'base64');
  const signatures = envelope.signatures.map((signature, at) => {
    const verifier = canonicalVerifier(verifiers[at] ?? verifiers[0]);
    const bytes = Buffer.from(signature.sig, 'base64');
    if (!verifies(verifier.key, preAuthenticationEncoding(envelope.payloadType, payload), bytes)) {
      throw refusal(400, 'the verifier does not verify the envelope');
    }
    return { signature: signature.sig, verifier: verifier.text };
  });
  return {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: { algorithm: 'sha256', value: sha256(text).toString('hex') },
      payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
      signatures,
    },
  };
}

function canonicalHash({ data, signature }) {
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: data.hash.algorithm, value: data.hash.value } },
      signature: { content: signature.content, publicKey: { content: canonicalVerifier(signature.publicKey.content).text } },
    },
  };
}

// Rekor decodes the verifier and writes it again as PEM.
function canonicalVerifier(base64) {
  const [block] = pem.decode(Buffer.from(base64, 'base64').toString());
  if (!block) throw refusal(400, 'the verifier is no PEM');
  const text = pem.encode(block.label, block.der);
  const key = block.label === 'CERTIFICATE' ? new crypto.X509Certificate(text).publicKey : crypto.createPublicKey(text);
  return { key, text: Buffer.from(text).toString('base64') };
}

// DSSE, "PAE definition".
function preAuthenticationEncoding(type, payload) {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}

function verifies(key, message, signature) {
  return crypto.verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', message, key, signature);
}

module.exports = { RekorV1 };
