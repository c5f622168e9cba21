//! Amazon Web Services: who asks, how requests are signed, where they go, what refusals mean.
//!
//! The channels `lambda` and `s3` and the registry ECR ask through here. Credentials come from where
//! the AWS command line takes them, in its order; see [`chain`].

mod chain;
mod ecr;
mod endpoint;
mod keys;
mod platform;
mod process;
mod profile;
mod profiles;
mod refusal;
mod service;
mod signer;
mod sts;

pub(in crate::observe) use chain::Wallet;
pub(in crate::observe) use ecr::{Registry, describe_images, login};
pub(in crate::observe) use endpoint::Service;
pub(in crate::observe) use service::{Session, encoded};

use super::http::Unanswered;
use crate::model::{Digest, Failure, FailureKind};

/// No answer for a reason that is known without asking.
fn unanswered(kind: FailureKind, detail: impl Into<String>) -> Box<Unanswered> {
    Box::new(Unanswered::of(Failure {
        kind,
        detail: detail.into(),
    }))
}

/// A SHA-256 that AWS writes in base64 (RFC 4648 section 4), as in `CodeSha256` and
/// `x-amz-checksum-sha256`.
pub(in crate::observe) fn digest_of_base64(text: &str) -> Option<Digest> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .ok()?;
    Some(Digest::from_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base64_digest_is_32_bytes_and_nothing_else() {
        let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(digest_of_base64(empty), Some(Digest::of(b"")));
        let composite = format!("{empty}-2");
        for wrong in ["", "47DE", &composite, &empty[1..], " "] {
            assert_eq!(digest_of_base64(wrong), None, "{wrong}");
        }
    }
}
