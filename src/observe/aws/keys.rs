//! An access key that signs, and the JSON in which machines, containers and programs hand one out.

use std::fmt;

use serde::Deserialize;

use crate::model::Time;

/// An access key. Its secrets are never printed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Keys {
    /// Where it came from: `aws:environment`, `aws:profile prod`.
    pub(super) label: String,
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: Option<String>,
    /// When it ends, where it does.
    pub(super) expires: Option<Time>,
}

/// The longest part of a key, in bytes; session tokens have no fixed length.
const LONGEST: usize = 16 << 10;

/// As `credential_process` (AWS SDKs and Tools Reference Guide, "Process credential provider"),
/// containers and instance metadata write it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: String,
    secret_access_key: String,
    #[serde(alias = "Token")]
    session_token: Option<String>,
    expiration: Option<String>,
}

impl Keys {
    /// A key, where its parts can be a key's: sent in a header and never empty.
    pub(super) fn new(
        label: impl Into<String>,
        access_key_id: &str,
        secret_access_key: &str,
        session_token: Option<&str>,
    ) -> Option<Self> {
        let printable =
            |text: &str| text.len() <= LONGEST && text.bytes().all(|b| b.is_ascii_graphic());
        let good = |text: &str| !text.is_empty() && printable(text);
        let id = access_key_id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !id || !good(access_key_id) || !good(secret_access_key) {
            return None;
        }
        let session_token = session_token.filter(|token| !token.is_empty());
        if !session_token.is_none_or(printable) {
            return None;
        }
        Some(Self {
            label: label.into(),
            access_key_id: access_key_id.to_owned(),
            secret_access_key: secret_access_key.to_owned(),
            session_token: session_token.map(str::to_owned),
            expires: None,
        })
    }

    /// Reads the JSON document. A time that cannot be read makes it none: a key that is used for
    /// longer than it lives fails later and less clearly.
    pub(super) fn of_json(label: impl Into<String>, bytes: &[u8]) -> Option<Self> {
        let document: Document = serde_json::from_slice(bytes).ok()?;
        let expires = match document.expiration.as_deref() {
            None | Some("") => None,
            Some(text) => Some(text.parse().ok()?),
        };
        let keys = Self::new(
            label,
            &document.access_key_id,
            &document.secret_access_key,
            document.session_token.as_deref(),
        )?;
        Some(Self { expires, ..keys })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_process_a_container_and_a_machine_is_read() {
        for (json, token, ends) in [
            (
                r#"{"Version":1,"AccessKeyId":"AKIA1","SecretAccessKey":"s/+="}"#,
                None,
                false,
            ),
            (
                r#"{"AccessKeyId":"AKIA1","SecretAccessKey":"s/+=","Token":"t","Expiration":"2026-01-01T00:00:00Z","RoleArn":"x"}"#,
                Some("t"),
                true,
            ),
            (
                r#"{"Code":"Success","AccessKeyId":"AKIA1","SecretAccessKey":"s/+=","SessionToken":"t","Expiration":"2026-01-01T01:00:00+01:00"}"#,
                Some("t"),
                true,
            ),
        ] {
            let keys = Keys::of_json("aws:test", json.as_bytes()).unwrap();
            assert_eq!(keys.access_key_id, "AKIA1");
            assert_eq!(keys.session_token.as_deref(), token);
            let end = ends.then(|| "2026-01-01T00:00:00Z".parse().unwrap());
            assert_eq!(keys.expires, end);
        }
    }

    #[test]
    fn what_cannot_be_a_key_is_none() {
        for json in [
            "",
            "{}",
            "null",
            r#"{"AccessKeyId":"","SecretAccessKey":"s"}"#,
            r#"{"AccessKeyId":"AKIA\n1","SecretAccessKey":"s"}"#,
            r#"{"AccessKeyId":"AKIA1","SecretAccessKey":"s s"}"#,
            r#"{"AccessKeyId":"AKIA1","SecretAccessKey":"s","Token":"a\r\nx: y"}"#,
            r#"{"AccessKeyId":"AKIA1","SecretAccessKey":"s","Expiration":"soon"}"#,
        ] {
            assert_eq!(Keys::of_json("x", json.as_bytes()), None, "{json}");
        }
    }
}
