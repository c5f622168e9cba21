//! One service in one region, asked with the credentials of this run.

use std::sync::Arc;

use url::Url;

use super::endpoint::{Endpoint, Service};
use super::signer::V4;
use super::{chain, refusal};
use crate::observe::http::{Client, Credential, Reply, Request, Unanswered};

/// A service in a region, as somebody.
pub(in crate::observe) struct Session {
    endpoint: Endpoint,
    credential: Credential,
    region: String,
}

impl Session {
    /// Finds the endpoint and the credential.
    ///
    /// # Errors
    /// Where the environment names no usable endpoint, or there is no credential.
    pub(in crate::observe) async fn of(
        client: &Client,
        service: Service,
        region: &str,
    ) -> Result<Self, Box<Unanswered>> {
        let endpoint = Self::endpoint(client, service, region)?;
        Self::there(client, service, region, endpoint).await
    }

    /// At an address that somebody named, which ends in `/`.
    ///
    /// # Errors
    /// Where there is no credential.
    #[cfg(feature = "kms")]
    pub(in crate::observe) async fn at(
        client: &Client,
        service: Service,
        region: &str,
        url: Url,
    ) -> Result<Self, Box<Unanswered>> {
        let endpoint = Endpoint { url, moved: true };
        Self::there(client, service, region, endpoint).await
    }

    async fn there(
        client: &Client,
        service: Service,
        region: &str,
        endpoint: Endpoint,
    ) -> Result<Self, Box<Unanswered>> {
        let keys = chain::keys(client, region).await?;
        let label = keys.label.clone();
        let signer = Arc::new(V4::new(keys, service.signing_name(), region));
        Ok(Self {
            endpoint,
            credential: Credential::signer(label, signer),
            region: region.to_owned(),
        })
    }

    fn endpoint(
        client: &Client,
        service: Service,
        region: &str,
    ) -> Result<Endpoint, Box<Unanswered>> {
        Endpoint::of(client.environment(), service, region)
            .map_err(|failure| Box::new(Unanswered::of(failure)))
    }

    /// The label of the credential.
    pub(in crate::observe) fn label(&self) -> &str {
        self.credential.label()
    }

    /// An address below the service's root. `path` is percent-encoded and has no `.` and `..`.
    pub(in crate::observe) fn url(&self, path: &str, query: Option<&str>) -> Url {
        let mut url = self.endpoint.url.clone();
        let path = format!("{}{path}", url.path());
        url.set_path(&path);
        url.set_query(query);
        url
    }

    /// An address in a bucket: its name before the host, except where the environment has moved the
    /// service or the name has dots, which no certificate covers (Amazon S3 user guide, "Virtual
    /// hosting of general purpose buckets").
    pub(in crate::observe) fn url_in_bucket(
        &self,
        bucket: &str,
        key: &str,
        query: Option<&str>,
    ) -> Url {
        let host = self.endpoint.url.host_str().unwrap_or_default();
        let host = format!("{bucket}.{host}");
        if !self.endpoint.moved && !bucket.contains('.') {
            let mut url = self.url(key, query);
            if url.set_host(Some(&host)).is_ok() {
                return url;
            }
        }
        self.url(&format!("{bucket}/{key}"), query)
    }

    /// Asks, signed. A refusal is explained; `action` is the permission that it needs, such as
    /// `s3:ListBucket`.
    pub(in crate::observe) async fn send(
        &self,
        client: &Client,
        request: Request,
        action: &str,
    ) -> Result<Reply, Box<Unanswered>> {
        let request = request
            .credential(self.credential.clone())
            .confidential()
            .explained();
        let sent = client.send(&request).await;
        sent.map_err(|unanswered| refusal::explained(unanswered, action, &self.region))
    }
}

/// The characters of a key that stay as they are (AWS IAM user guide, "Create a canonical request",
/// UriEncode); `/` too, where it parts the key.
pub(in crate::observe) fn encoded(text: &str, keep_slash: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain || byte == b'/' && keep_slash {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Environment;
    use crate::observe::http::{Limits, Silent};

    async fn bucket_url(environment: Environment, bucket: &str) -> String {
        let environment = environment
            .with("AWS_ACCESS_KEY_ID", "AKIA1")
            .with("AWS_SECRET_ACCESS_KEY", "s");
        let client = Client::new(environment, Limits::default(), Arc::new(Silent)).unwrap();
        let s3 = Session::of(&client, Service::S3, "eu-west-1")
            .await
            .unwrap();
        s3.url_in_bucket(bucket, "a/b%20c", Some("x=1")).to_string()
    }

    #[tokio::test]
    async fn a_bucket_is_a_host_or_a_path() {
        let plain = Environment::empty;
        assert_eq!(
            bucket_url(plain(), "acme").await,
            "https://acme.s3.eu-west-1.amazonaws.com/a/b%20c?x=1"
        );
        assert_eq!(
            bucket_url(plain(), "acme.dags").await,
            "https://s3.eu-west-1.amazonaws.com/acme.dags/a/b%20c?x=1"
        );
        let moved = plain().with("AWS_ENDPOINT_URL", "http://127.0.0.1:1/aws");
        assert_eq!(
            bucket_url(moved, "acme").await,
            "http://127.0.0.1:1/aws/acme/a/b%20c?x=1"
        );
    }

    #[test]
    fn keys_are_encoded_as_signatures_want_them() {
        assert_eq!(encoded("a b/ü+=~", true), "a%20b/%C3%BC%2B%3D~");
        assert_eq!(encoded("a/b", false), "a%2Fb");
    }
}
