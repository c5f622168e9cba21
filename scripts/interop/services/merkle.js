// The Merkle tree of RFC 6962, section 2: leaf hashes in memory, root and inclusion proofs computed afresh.
'use strict';

const crypto = require('node:crypto');

function sha256(...parts) {
  const hash = crypto.createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const leafHash = (entry) => sha256(Buffer.from([0]), entry);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

// The largest power of two that is smaller than the number of leaves.
function split(count) {
  let left = 1;
  while (left * 2 < count) left *= 2;
  return left;
}

function rootHash(leaves) {
  if (leaves.length === 0) return sha256('');
  if (leaves.length === 1) return leaves[0];
  const at = split(leaves.length);
  return nodeHash(rootHash(leaves.slice(0, at)), rootHash(leaves.slice(at)));
}

// The audit path of a leaf, from the bottom up (RFC 6962, section 2.1.1).
function inclusionProof(index, leaves) {
  if (leaves.length === 1) return [];
  const at = split(leaves.length);
  return index < at
    ? [...inclusionProof(index, leaves.slice(0, at)), rootHash(leaves.slice(at))]
    : [...inclusionProof(index - at, leaves.slice(at)), rootHash(leaves.slice(0, at))];
}

module.exports = { sha256, leafHash, rootHash, inclusionProof };
