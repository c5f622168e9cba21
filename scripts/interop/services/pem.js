// PEM with lines of 64 columns and a final newline, as Rekor and Fulcio write it (RFC 7468).
'use strict';

function encode(label, der) {
  const lines = der.toString('base64').match(/.{1,64}/g).join('\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

// The blocks of a text as {label, der}.
function decode(text) {
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)].map(([, label, body]) => ({
    label,
    der: Buffer.from(body.replace(/\s/g, ''), 'base64'),
  }));
}

module.exports = { encode, decode };
