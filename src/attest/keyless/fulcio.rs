//! Asks Fulcio for a certificate (Fulcio's API v2, `CreateSigningCertificate`).

use serde::Deserialize;
use serde_json::json;
use sigstore_sign::crypto::KeyPair;
use sigstore_types::DerCertificate;
use url::Url;

use super::{IdentityToken, ask};
use crate::attest::SignError;
use crate::observe::http::Client;

/// The service, in messages.
const WHAT: &str = "the certificate authority (Fulcio)";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    signed_certificate_embedded_sct: Option<Embedded>,
    signed_certificate_detached_sct: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Embedded {
    chain: Chain,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<String>,
}

/// The certificate of this key for the holder of this token.
pub(super) async fn certificate(
    client: &Client,
    authority: &Url,
    token: &IdentityToken,
    key: &KeyPair,
) -> Result<DerCertificate, SignError> {
    let url = ask::method(authority, "api/v2/signingCert")?;
    let unable = |_| SignError {
        unanswered: false,
        message: "the cryptographic library cannot prove possession of its key".to_owned(),
        hint: None,
    };
    let proof = key.sign(token.challenge().as_bytes()).map_err(unable)?;
    let public = key.public_key_der().map_err(unable)?;
    let body = json!({
        "credentials": {"oidcIdentityToken": token.secret()},
        "publicKeyRequest": {
            // Empty: the PEM says which algorithm it is.
            "publicKey": {"algorithm": "", "content": public.to_pem()},
            "proofOfPossession": proof.to_base64(),
        },
    });
    let request = ask::json(url, body.to_string().into_bytes());
    let reply = ask::send(client, &request, WHAT).await?;
    let malformed = |why: &str| ask::malformed(WHAT, request.url(), why);
    let answer: Answer =
        serde_json::from_slice(&reply.body).map_err(|_| malformed("not a signing certificate"))?;
    let embedded = match (
        answer.signed_certificate_embedded_sct,
        answer.signed_certificate_detached_sct,
    ) {
        (Some(embedded), None) => embedded,
        (None, Some(_)) => {
            return Err(malformed(
                "the certificate's timestamp (SCT) is not in the certificate, and a bundle has no \
                 other place for it",
            ));
        }
        _ => return Err(malformed("it holds no certificate, or two")),
    };
    // The leaf is first; a bundle of version 0.3 holds it alone.
    let leaf = embedded.chain.certificates.first();
    let leaf = leaf.ok_or_else(|| malformed("the chain is empty"))?;
    DerCertificate::from_pem(leaf).map_err(|_| malformed("the certificate is no PEM"))
}
