//! Keys in AWS's Key Management Service: they never leave it; it gives their public keys, and signs.
//!
//! Source: AWS KMS API reference, GetPublicKey and Sign.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::Digest as _;
use url::Url;

use super::aws::{Service, Session};
use super::environment::Environment;
use super::http::{Client, HeaderValue, Request, Unanswered};
use crate::model::{Failure, FailureKind};

/// The beginning of a key's address, as cosign writes it.
const SCHEME: &str = "awskms://";

/// The longest message that the service hashes itself, in bytes ("Sign", request parameters).
const RAW_BYTES: usize = 4_096;

/// The longest answer, in bytes; a public key and a signature have some hundreds.
const ANSWER_BYTES: u64 = 64 << 10;

/// ECDSA on P-256 with SHA-256, the one algorithm that every verifier of Sigstore bundles has.
const ALGORITHM: &str = "ECDSA_SHA_256";

/// Which key: `awskms:///alias/NAME`, `awskms:///ID`, `awskms:///arn:…`, or one of them at an
/// endpoint, `awskms://HOST/…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceKeyAddress {
    endpoint: Option<Url>,
    region: String,
    key: String,
}

/// A key of the service, as somebody who may use it.
pub struct ServiceKey {
    client: Client,
    session: Session,
    key: String,
    public: Vec<u8>,
}

impl ServiceKeyAddress {
    /// Whether a text is meant as one.
    pub fn is_one(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Reads an address. The region is that of the ARN, else `AWS_REGION`, else
    /// `AWS_DEFAULT_REGION`.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn read(
        text: &str,
        environment: &Environment,
    ) -> Result<Self, (&'static str, &'static str)> {
        const FORM: &str = "as in awskms:///alias/NAME or awskms:///arn:aws:kms:…";
        let rest = text.strip_prefix(SCHEME).unwrap_or_default();
        let Some((host, key)) = rest.split_once('/') else {
            return Err(("is no address of a key", FORM));
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_/:".contains(&b);
        if key.is_empty() || key.len() > 400 || !key.bytes().all(plain) {
            return Err(("names no key", FORM));
        }
        let endpoint = match host {
            "" => None,
            host => Some(endpoint(host).ok_or(("names no host", FORM))?),
        };
        let of_arn = key.strip_prefix("arn:").map(|arn| {
            let mut parts = arn.split(':');
            (parts.nth(1), parts.next().unwrap_or_default())
        });
        let region = match of_arn {
            Some((Some("kms"), region)) => Some(region),
            Some(_) => return Err(("is an ARN of another service", FORM)),
            None => environment
                .first_of(&["AWS_REGION", "AWS_DEFAULT_REGION"])
                .map(|(_, region)| region),
        };
        let region = region.ok_or((
            "does not say in which region the key is",
            "set AWS_REGION, or give its ARN",
        ))?;
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(4..=32).contains(&region.len()) || !region.bytes().all(word) {
            return Err(("is in a region that is none", "as in eu-west-1"));
        }
        Ok(Self {
            endpoint,
            region: region.to_owned(),
            key: key.to_owned(),
        })
    }
}

/// The root of a service at a host; plain http on this machine alone, where stand-ins listen.
fn endpoint(host: &str) -> Option<Url> {
    let url = Url::parse(&format!("https://{host}/")).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.path() == "/";
    let here = match url.host()? {
        url::Host::Domain(name) => name == "localhost",
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
    };
    match (plain, here) {
        (false, _) => None,
        (true, true) => Url::parse(&format!("http://{host}/")).ok(),
        (true, false) => Some(url),
    }
}

impl ServiceKey {
    /// Finds the key and asks for its public key.
    ///
    /// # Errors
    /// Why there is none: no credential, no permission, no such key, one that signs otherwise.
    pub async fn open(
        client: &Client,
        address: &ServiceKeyAddress,
    ) -> Result<Self, Box<Unanswered>> {
        let region = &address.region;
        let session = match &address.endpoint {
            None => Session::of(client, Service::Kms, region).await?,
            Some(url) => Session::at(client, Service::Kms, region, url.clone()).await?,
        };
        let mut key = Self {
            client: client.clone(),
            session,
            key: address.key.clone(),
            public: Vec::new(),
        };
        let body = json!({"KeyId": key.key});
        let answer: PublicKey = key.ask("GetPublicKey", &body).await?;
        if answer.usage != "SIGN_VERIFY" || !answer.algorithms.iter().any(|it| it == ALGORITHM) {
            let words = "the key does not sign with ECDSA_SHA_256: make one of the key spec \
                         ECC_NIST_P256 for signing";
            return Err(unanswered(FailureKind::Unsupported, words));
        }
        key.public = decoded("GetPublicKey", &answer.key)?;
        Ok(key)
    }

    /// The public key in DER (SubjectPublicKeyInfo, RFC 5280).
    pub fn public_der(&self) -> &[u8] {
        &self.public
    }

    /// The signature of a message, in ASN.1.
    ///
    /// # Errors
    /// Why there is none: no permission, no answer.
    pub async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Box<Unanswered>> {
        let (kind, message) = match message.len() <= RAW_BYTES {
            true => ("RAW", STANDARD.encode(message)),
            false => ("DIGEST", STANDARD.encode(sha2::Sha256::digest(message))),
        };
        let body = json!({"KeyId": self.key, "Message": message, "MessageType": kind,
            "SigningAlgorithm": ALGORITHM});
        let answer: Signature = self.ask("Sign", &body).await?;
        decoded("Sign", &answer.signature)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        operation: &str,
        body: &Value,
    ) -> Result<T, Box<Unanswered>> {
        let target = HeaderValue::from_str(&format!("TrentService.{operation}"));
        let target = target.map_err(|_| malformed(operation))?;
        let url = self.session.url("", None);
        let body = body.to_string().into_bytes();
        let request = Request::idempotent_post(url, "application/json", body)
            .header("content-type", "application/x-amz-json-1.1")
            .header_value("x-amz-target", target)
            .body_cap(ANSWER_BYTES);
        let action = format!("kms:{operation}");
        let reply = self.session.send(&self.client, request, &action).await?;
        serde_json::from_slice(&reply.body).map_err(|_| malformed(operation))
    }
}

fn decoded(operation: &str, text: &str) -> Result<Vec<u8>, Box<Unanswered>> {
    STANDARD.decode(text).map_err(|_| malformed(operation))
}

fn malformed(operation: &str) -> Box<Unanswered> {
    let words = format!("the answer to {operation} is not what the API says");
    unanswered(FailureKind::Malformed, words)
}

fn unanswered(kind: FailureKind, detail: impl Into<String>) -> Box<Unanswered> {
    Box::new(Unanswered::of(Failure {
        kind,
        detail: detail.into(),
    }))
}

#[derive(Deserialize)]
struct PublicKey {
    #[serde(rename = "PublicKey")]
    key: String,
    #[serde(rename = "KeyUsage")]
    usage: String,
    #[serde(rename = "SigningAlgorithms", default)]
    algorithms: Vec<String>,
}

#[derive(Deserialize)]
struct Signature {
    #[serde(rename = "Signature")]
    signature: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_as_cosign_names_it_and_its_region_is_known() {
        let read = |text: &str, region: &str| {
            let environment = Environment::empty().with("AWS_REGION", region);
            ServiceKeyAddress::read(text, &environment)
        };
        let arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        for (text, region, key, endpoint) in [
            ("awskms:///alias/x", "eu-west-1", "alias/x", None),
            (&format!("awskms:///{arn}"), "eu-central-1", arn, None),
            (
                "awskms://127.0.0.1:4566/alias/x",
                "eu-west-1",
                "alias/x",
                Some("http://127.0.0.1:4566/"),
            ),
            (
                "awskms://kms.example/alias/x",
                "eu-west-1",
                "alias/x",
                Some("https://kms.example/"),
            ),
        ] {
            let found = read(text, "eu-west-1").unwrap();
            assert_eq!((&*found.region, &*found.key), (region, key));
            assert_eq!(found.endpoint.as_ref().map(Url::as_str), endpoint);
        }
        for wrong in [
            "awskms://",
            "awskms:///",
            "awskms:///alias/x y",
            "awskms://u:p@h/alias/x",
            "awskms:///arn:aws:s3:eu-west-1:1:x",
        ] {
            assert!(read(wrong, "eu-west-1").is_err(), "{wrong}");
        }
        assert!(read("awskms:///alias/x", "").is_err());
        assert!(read("awskms:///alias/x", "EU WEST").is_err());
    }
}
