//! Platforms, as a child of an index and the configuration of an image name them.

use serde::Deserialize;

use super::manifest::place;
use super::other_keys::OtherKeys;
use crate::model::{Failure, visible};
use crate::observe::malformed;

/// The same fields describe a child of an index and an image's configuration.
#[derive(Deserialize)]
pub(super) struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
    #[serde(rename = "os.version")]
    os_version: Option<String>,
    #[serde(flatten)]
    _others: OtherKeys,
}

/// The platform of an image by its configuration; nothing where it names none.
///
/// # Errors
/// Malformed, in words that can be shown.
pub fn parse_configuration(body: &[u8]) -> Result<Option<String>, Failure> {
    let platform: Platform = serde_json::from_slice(body).map_err(|error| {
        let words = format!(
            "an image configuration that cannot be read: {}",
            place(&error)
        );
        malformed(words)
    })?;
    platform.name()
}

impl Platform {
    /// `os/architecture[/variant]`, and for Windows its version, which parts its images.
    pub(super) fn name(&self) -> Result<Option<String>, Failure> {
        if self.os.is_empty() || self.architecture.is_empty() {
            return Ok(None);
        }
        let optional = [&self.variant, &self.os_version];
        let optional = optional.into_iter().flatten().map(String::as_str);
        let parts = [self.os.as_str(), self.architecture.as_str()];
        let mut name = String::new();
        for part in parts
            .into_iter()
            .chain(optional.filter(|it| !it.is_empty()))
        {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            if part.len() > 64 || !part.bytes().all(plain) {
                return Err(malformed(format!("`{}` as a platform", visible(part, 80))));
            }
            let slash = if name.is_empty() { "" } else { "/" };
            name.push_str(slash);
            name.push_str(part);
        }
        Ok(Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_the_platform() {
        let of = |text: &str| parse_configuration(text.as_bytes());
        let whole = r#"{"os":"linux","architecture":"arm64","variant":"v8","config":{}}"#;
        assert_eq!(of(whole).unwrap().unwrap(), "linux/arm64/v8");
        assert_eq!(of("{}").unwrap(), None);
        assert!(of("[").is_err());
    }
}
