//! Signature Version 4 of a request, by AWS's own signer.
//!
//! Source: AWS IAM user guide, "AWS Signature Version 4 for API requests".

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;

use super::keys::Keys;
use crate::model::{Digest, Failure, FailureKind, Time};
use crate::observe::http::{HeaderName, HeaderValue, Signer, Unsigned};

/// Signs requests to one service in one region.
pub(super) struct V4 {
    keys: Keys,
    /// The name that the service has in signatures: `s3`, `lambda`, `ecr`, `sts`.
    service: &'static str,
    region: String,
}

impl V4 {
    pub(super) fn new(keys: Keys, service: &'static str, region: &str) -> Self {
        Self {
            keys,
            service,
            region: region.to_owned(),
        }
    }
}

impl Signer for V4 {
    /// Over the access key's id, which is no secret, and the session, whose rights may differ.
    fn fingerprint(&self) -> Digest {
        let session = Digest::of(self.keys.session_token.as_deref().unwrap_or("").as_bytes());
        let text = format!("aws\n{}\n{session}", self.keys.access_key_id);
        Digest::of(text.as_bytes())
    }

    fn sign(
        &self,
        unsigned: &Unsigned<'_>,
        now: Time,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, Failure> {
        // The error may tell what it could not sign; only that it could not is told.
        signed(self, unsigned, now).ok_or_else(|| Failure {
            kind: FailureKind::Unsupported,
            detail: "the request to AWS cannot be signed".to_owned(),
        })
    }
}

fn signed(
    signer: &V4,
    unsigned: &Unsigned<'_>,
    now: Time,
) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let keys = &signer.keys;
    let identity = Credentials::new(
        &keys.access_key_id,
        &keys.secret_access_key,
        keys.session_token.clone(),
        None,
        "lockstep",
    )
    .into();
    let seconds = u64::try_from(now.unix_seconds()).ok()?;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&signer.region)
        .name(signer.service)
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .settings(settings(signer.service))
        .build()
        .ok()?;
    // Only what AWS reads is signed: a proxy may change the rest.
    let headers = unsigned.headers.iter().filter_map(|(name, value)| {
        let name = name.as_str();
        let matters = name == "content-type" || name.starts_with("x-amz-");
        matters.then_some((name, value.to_str().ok()?))
    });
    let request = SignableRequest::new(
        unsigned.method,
        unsigned.url.as_str(),
        headers,
        SignableBody::Bytes(unsigned.body),
    );
    let (instructions, _) = sign(request.ok()?, &parameters.into()).ok()?.into_parts();
    let fields = instructions.headers().map(|(name, value)| {
        let value = HeaderValue::from_str(value).ok()?;
        Some((name.parse::<HeaderName>().ok()?, value))
    });
    fields.collect()
}

/// S3 takes paths as they are and wants the hash of the body in a header of its own; every other
/// service normalises paths and encodes them twice ("Create a canonical request").
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

impl fmt::Debug for V4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V4({}, {})", self.service, self.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::http::HeaderMap;
    use url::Url;

    fn authorization(
        signer: &V4,
        (method, url): (&str, &str),
        headers: &[(&'static str, &'static str)],
        body: &[u8],
        now: &str,
    ) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        let unsigned = Unsigned {
            method,
            url: &Url::parse(url).unwrap(),
            headers: &map,
            body,
        };
        let fields = signer.sign(&unsigned, now.parse().unwrap()).unwrap();
        let found = fields.iter().find(|(name, _)| name == "authorization");
        found.unwrap().1.to_str().unwrap().to_owned()
    }

    fn signer(service: &'static str, session: Option<&str>) -> V4 {
        let keys = Keys {
            label: "aws:test".to_owned(),
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: session.map(str::to_owned),
            expires: None,
        };
        V4::new(keys, service, "us-east-1")
    }

    const THEN: &str = "2015-08-30T12:36:00Z";
    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    /// AWS's signing test suite (github.com/awslabs/aws-c-auth, Apache-2.0): get-vanilla,
    /// get-vanilla-query-order-key-case, get-vanilla-query-unreserved, and post-x-www-form-urlencoded as it was before it
    /// signed the length.
    #[test]
    fn signatures_are_those_of_the_published_test_suite() {
        let scope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
        let home = "https://example.amazonaws.com/";
        let query = "https://example.amazonaws.com/?Param2=value2&Param1=value1";
        let all = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let unreserved = format!("{home}?{all}={all}");
        for (request, headers, body, end) in [
            (
                ("GET", home),
                &[][..],
                &b""[..],
                "host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                ("GET", query),
                &[],
                b"",
                "host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                ("GET", &unreserved),
                &[],
                b"",
                "host;x-amz-date, Signature=9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
            ),
            (
                ("POST", home),
                &[FORM],
                b"Param1=value1",
                "content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            let found = authorization(&signer("service", None), request, headers, body, THEN);
            assert_eq!(found, format!("{scope}{end}"));
        }
    }

    /// The same suite's get-vanilla-with-session-token.
    #[test]
    fn a_session_token_is_signed_too() {
        let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
        let found = authorization(
            &signer("service", Some(token)),
            ("GET", "https://example.amazonaws.com/"),
            &[],
            b"",
            THEN,
        );
        assert!(found.ends_with("SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"), "{found}");
    }

    /// Amazon S3 API reference, "Authenticating Requests: Using the Authorization Header", GET Bucket
    /// (List Objects).
    #[test]
    fn s3_signs_the_hash_of_the_body_and_takes_paths_as_they_are() {
        let mut signer = signer("s3", None);
        signer.keys.access_key_id = "AKIAIOSFODNN7EXAMPLE".to_owned();
        signer.keys.secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned();
        let found = authorization(
            &signer,
            (
                "GET",
                "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
            ),
            &[],
            b"",
            "2013-05-24T00:00:00Z",
        );
        let end = "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        assert!(found.ends_with(end), "{found}");
    }

    #[test]
    fn nothing_secret_is_printed_and_the_session_tells_signers_apart() {
        let one = signer("s3", Some("s3cr3t-session"));
        let shown = format!("{one:?} {:?}", one.keys);
        assert!(
            !shown.contains("s3cr3t") && !shown.contains("wJalr"),
            "{shown}"
        );
        assert_ne!(one.fingerprint(), signer("s3", None).fingerprint());
    }
}
