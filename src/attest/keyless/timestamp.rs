//! Asks a timestamp authority when a signature existed (RFC 3161).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use sigstore_types::{SignatureBytes, TimestampToken};
use url::Url;

use super::ask;
use crate::attest::SignError;
use crate::observe::http::Client;

/// The service, in messages.
const WHAT: &str = "the timestamp authority";

/// A timestamp over these signature bytes.
///
/// The response is kept as it came. That it is about this signature is verified with the bundle; a
/// signature is random, so an older response cannot be about it, and the nonce only helps caches.
pub(super) async fn timestamp(
    client: &Client,
    authority: &Url,
    signature: &SignatureBytes,
) -> Result<TimestampToken, SignError> {
    let mut nonce = [0; 8];
    rand::fill(&mut nonce).map_err(|_| SignError {
        unanswered: false,
        message: "the system gives no random numbers".to_owned(),
        hint: None,
    })?;
    let request = ask::binary(
        authority.clone(),
        "application/timestamp-reply",
        "application/timestamp-query",
        query(digest(&SHA256, signature.as_bytes()).as_ref(), nonce),
    );
    let reply = ask::send(client, &request, WHAT).await?;
    match status(&reply.body) {
        // granted, grantedWithMods (RFC 3161, section 2.4.2)
        Some(0 | 1) => Ok(TimestampToken::new(reply.body)),
        Some(status) => {
            let why = format!("it rejected the request, with PKIStatus {status}");
            Err(ask::malformed(WHAT, authority, why))
        }
        None => Err(ask::malformed(WHAT, authority, "not a TimeStampResp")),
    }
}

/// `AlgorithmIdentifier` of SHA-256 with NULL parameters (RFC 5754, section 2).
const SHA256_ALGORITHM: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
];

/// The DER of a `TimeStampReq` (RFC 3161, section 2.4.1): version 1, SHA-256, this nonce, and the
/// authority's certificate wanted. Every length is below 128, so one byte holds it.
fn query(digest: &[u8], nonce: [u8; 8]) -> Vec<u8> {
    let sequence = |tag: u8, content: &[u8]| {
        let mut element = vec![tag, content.len() as u8];
        element.extend_from_slice(content);
        element
    };
    let imprint = [SHA256_ALGORITHM.as_slice(), &sequence(0x04, digest)].concat();
    // Positive, and in the fewest bytes (X.690, section 8.3.2): no leading zero, sign bit clear.
    let mut number = nonce;
    number[0] = number[0] & 0x7f | 0x40;
    let content = [
        sequence(0x02, &[1]),
        sequence(0x30, &imprint),
        sequence(0x02, &number),
        sequence(0x01, &[0xff]),
    ]
    .concat();
    sequence(0x30, &content)
}

/// The `PKIStatus` of a `TimeStampResp`: the first INTEGER of the first SEQUENCE in a SEQUENCE.
fn status(response: &[u8]) -> Option<u8> {
    let inside = sequence_content(response)?;
    match sequence_content(inside)? {
        [0x02, 0x01, status, ..] => Some(*status),
        _ => None,
    }
}

fn sequence_content(der: &[u8]) -> Option<&[u8]> {
    let (&[tag, length], rest) = der.split_first_chunk::<2>()?;
    let skipped = match length {
        0..=0x7f => 0,
        0x81..=0x84 => usize::from(length & 0x7f),
        _ => return None,
    };
    (tag == 0x30).then(|| rest.get(skipped..)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_the_der_of_rfc_3161() {
        let made = query(&[7; 32], [0xff; 8]);
        // SEQUENCE { 1, SEQUENCE { SHA-256, OCTET STRING }, nonce, TRUE }, written by hand.
        let mut wanted = vec![0x30, 67, 0x02, 1, 1, 0x30, 49];
        wanted.extend_from_slice(&SHA256_ALGORITHM);
        wanted.extend_from_slice(&[0x04, 32]);
        wanted.extend_from_slice(&[7; 32]);
        wanted.extend_from_slice(&[0x02, 8, 0x7f, 255, 255, 255, 255, 255, 255, 255]);
        wanted.extend_from_slice(&[0x01, 1, 0xff]);
        assert_eq!(made, wanted);
        // However small the number: never a superfluous leading zero.
        assert_eq!(query(&[7; 32], [0; 8])[58], 0x40);
    }

    #[test]
    fn a_rejection_is_told_from_a_grant() {
        assert_eq!(status(&[0x30, 5, 0x30, 3, 0x02, 1, 2]), Some(2));
        assert_eq!(
            status(&[0x30, 0x82, 1, 0, 0x30, 3, 0x02, 1, 0, 0x30]),
            Some(0)
        );
        for nonsense in [&b""[..], b"<html>", &[0x30], &[0x30, 0x80, 0x30, 3]] {
            assert_eq!(status(nonsense), None);
        }
    }
}
