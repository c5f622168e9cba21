//! That a certificate says one thing: one holder, one issuer of the identity, no extension twice.
//!
//! `sigstore-verify` reads the first name of several, the newer of two issuers and the last of two
//! equal extensions. Another reader may take the others, and a policy would then compare something
//! else than what people were shown.

use sigstore_types::DerCertificate;

use super::der::{self, Elements};
use super::{Fault, VerifyError};

/// 2.5.29.17, subject alternative names (RFC 5280 section 4.2.1.6).
const NAMES: &[u8] = &[0x55, 0x1d, 0x11];
/// 1.3.6.1.4.1.57264.1.1, the issuer as bare text
/// (<https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>).
const OLDER_ISSUER: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01, 0x01];
/// 1.3.6.1.4.1.57264.1.8, the same as a UTF8String.
const ISSUER: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01, 0x08];
const UTF8_STRING: u8 = 0x0c;

/// Refuses a certificate that says two things of its holder.
pub(super) fn one_holder(certificate: &DerCertificate) -> Result<(), VerifyError> {
    let fault = |message: String| Err(VerifyError::new(Fault::Certificate, message));
    let Some(extensions) = der::extensions(certificate.as_bytes()) else {
        return fault("the extensions of the certificate cannot be read".to_owned());
    };
    let mut kinds: Vec<&[u8]> = extensions.iter().map(|it| it.0).collect();
    kinds.sort_unstable();
    if kinds.windows(2).any(|pair| pair[0] == pair[1]) {
        return fault("an extension stands twice in the certificate".to_owned());
    }
    let value = |kind: &[u8]| extensions.iter().find(|it| it.0 == kind).map(|it| it.1);
    if let Some(names) = value(NAMES) {
        let count = der::content(names).map(|it| Elements(it).count());
        if count != Some(1) {
            let count = count.unwrap_or_default();
            return fault(format!(
                "the certificate names {count} holders, where exactly one can be compared"
            ));
        }
    }
    if let (Some(older), Some(newer)) = (value(OLDER_ISSUER), value(ISSUER))
        && text(older) != text(newer)
    {
        return fault("the certificate names two different issuers of the identity".to_owned());
    }
    Ok(())
}

/// A UTF8String's content; what is none, as it is.
fn text(value: &[u8]) -> &[u8] {
    match value.first() {
        Some(&UTF8_STRING) => der::content(value).unwrap_or(value),
        _ => value,
    }
}
