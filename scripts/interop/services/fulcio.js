// Fulcio's HTTP interface over the certificate authority and the certificate log of @sigstore/mock: it issues real
// ten-minute certificates with GitHub's claims and an embedded SCT, to tokens of the issuer beside it and of the provider
// where people sign in.
'use strict';

const crypto = require('node:crypto');
const { fulcioHandler, initializeCA, initializeCTLog } = require('@sigstore/mock');
const jose = require('jose');
const { json, refusal } = require('./http_server');
const pem = require('./pem');

class Fulcio {
  static async create(issuer, people) {
    const fulcio = new Fulcio();
    fulcio.issuer = issuer;
    fulcio.people = people;
    fulcio.logKeys = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const keys = crypto.generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    fulcio.authority = await initializeCA(keys, await initializeCTLog(fulcio.logKeys));
    fulcio.sign = fulcioHandler(fulcio.authority).fn;
    return fulcio;
  }

  get rootCertificate() {
    return this.authority.rootCertificate;
  }

  // The public key of the certificate log, as DER.
  get logKey() {
    return this.logKeys.publicKey.export({ format: 'der', type: 'spki' });
  }

  routes() {
    return [
      { method: 'POST', path: '/api/v2/signingCert', answer: (request) => this.signingCertificate(request) },
      {
        method: 'GET',
        path: '/api/v2/trustBundle',
        answer: () => json(200, { chains: [{ certificates: [pem.encode('CERTIFICATE', this.rootCertificate)] }] }),
      },
      {
        method: 'GET',
        path: '/api/v2/configuration',
        answer: () =>
          json(200, {
            issuers: [{ issuerUrl: this.issuer.url, audience: 'sigstore', challengeClaim: 'sub', spiffeTrustDomain: '' }],
          }),
      },
    ];
  }

  // Who is to verify a token; the one that it names, if it is one of ours.
  issuerOf(token) {
    try {
      return jose.decodeJwt(token).iss === this.people.url ? this.people : this.issuer;
    } catch {
      return this.issuer;
    }
  }

  async signingCertificate({ body, headers }) {
    const request = JSON.parse(body);
    // Some clients say the token in the body, others in the header.
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '');
    request.credentials ??= { oidcIdentityToken: bearer?.[1] ?? '' };
    await this.issuerOf(request.credentials.oidcIdentityToken).verify(request.credentials.oidcIdentityToken);
    if (request.certificateSigningRequest) {
      // Base64 of PEM, as the field `bytes` of the protocol's JSON form is written.
      request.certificateSigningRequest = Buffer.from(request.certificateSigningRequest, 'base64').toString();
    }
    const answer = await this.sign(JSON.stringify(request));
    if (answer.statusCode >= 400) throw refusal(answer.statusCode, String(answer.response));
    const issued = JSON.parse(answer.response);
    const chain = issued.signedCertificateEmbeddedSct.chain;
    chain.certificates = chain.certificates.map((one) => pem.encode('CERTIFICATE', pem.decode(one)[0].der));
    // The real one answers 200, and clients insist on it; the mock says 201.
    return json(200, issued);
  }
}

module.exports = { Fulcio };
