//! Which services sign: a signing config, addresses that were named, or the public-good instance.

use sigstore_trust_root::{
    SIGSTORE_PRODUCTION_SIGNING_CONFIG, ServiceConfiguration, ServiceEndpoint, ServiceSelector,
    SigningConfig,
};
use url::Url;

use crate::attest::SignError;
use crate::model::visible;
use crate::observe::Environment;

/// Which services somebody wants.
#[derive(Debug, Clone, Default)]
pub struct ServiceOptions {
    /// The text of a signing config (`signingconfig.v0.2+json`).
    pub signing_config: Option<String>,
    /// Address of Fulcio; `SIGSTORE_FULCIO_URL` where nothing is said.
    pub fulcio_url: Option<String>,
    /// Address of Rekor; `SIGSTORE_REKOR_URL` where nothing is said.
    pub rekor_url: Option<String>,
    /// Address of an RFC 3161 authority, with its path; `SIGSTORE_TIMESTAMP_URL` where nothing is
    /// said.
    pub timestamp_server: Option<String>,
    /// Which interface the log at `rekor_url` has, or which logs of a signing config count.
    pub rekor_version: Option<RekorVersion>,
}

/// The interface of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RekorVersion {
    /// A log with signed entry timestamps.
    V1,
    /// A log of tiles: its entries need a timestamp.
    V2,
}

/// A log and its interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogService {
    /// Its base address.
    pub url: Url,
    /// Its interface.
    pub version: RekorVersion,
}

/// The services that were chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services {
    /// Fulcio, where there is one.
    pub certificates: Option<Url>,
    /// The logs; each gets an entry.
    pub logs: Vec<LogService>,
    /// The timestamp authorities; each gives a timestamp.
    pub timestamps: Vec<Url>,
    /// Where people sign in, where a signing config says it.
    pub issuer: Option<String>,
    /// Whether they are those of the public-good instance.
    pub public_good: bool,
}

impl Services {
    /// Chooses. Addresses that are named stand alone: what is not named is then not taken from the
    /// public-good instance, so that nothing private is published by leaving out an option.
    ///
    /// # Errors
    /// [`SignError`] for what is not an address, a signing config that cannot be satisfied, and
    /// contradictory options.
    pub fn choose(options: &ServiceOptions, environment: &Environment) -> Result<Self, SignError> {
        if let Some(text) = &options.signing_config {
            let config = SigningConfig::from_json(text).map_err(|error| SignError {
                unanswered: false,
                message: format!(
                    "the signing config cannot be read: {}",
                    visible(&error.to_string(), 300)
                ),
                hint: Some(
                    "it is JSON of media type `…signingconfig.v0.2+json`, as a Sigstore instance \
                     publishes it"
                        .to_owned(),
                ),
            })?;
            return Self::of_config(&config, options.rekor_version, false);
        }
        let named = |option: &Option<String>, flag: &str, variable: &str| {
            let (text, whence) = match (option, environment.get(variable)) {
                (Some(text), _) => (text.clone(), flag),
                (None, Some(text)) => (text.to_owned(), variable),
                (None, None) => return Ok(None),
            };
            address(&text, whence).map(Some)
        };
        let certificates = named(&options.fulcio_url, "--fulcio-url", "SIGSTORE_FULCIO_URL")?;
        let log = named(&options.rekor_url, "--rekor-url", "SIGSTORE_REKOR_URL")?;
        let timestamps = named(
            &options.timestamp_server,
            "--timestamp-server",
            "SIGSTORE_TIMESTAMP_URL",
        )?;
        if certificates.is_none() && log.is_none() && timestamps.is_none() {
            let config = SigningConfig::from_json(SIGSTORE_PRODUCTION_SIGNING_CONFIG);
            let config = config.map_err(|error| SignError {
                unanswered: false,
                message: format!("the embedded signing config: {error}"),
                hint: None,
            })?;
            return Self::of_config(&config, options.rekor_version, true);
        }
        let version = options.rekor_version.unwrap_or(RekorVersion::V1);
        Ok(Self {
            certificates,
            logs: log
                .into_iter()
                .map(|url| LogService { url, version })
                .collect(),
            timestamps: timestamps.into_iter().collect(),
            issuer: None,
            public_good: false,
        })
    }

    /// Whether what they give can be verified by anybody.
    ///
    /// # Errors
    /// [`SignError`] where neither a log nor an authority says when something was signed, and where
    /// a log of tiles has no timestamps beside it.
    pub fn check(&self) -> Result<(), SignError> {
        let tiles = |log: &LogService| log.version == RekorVersion::V2;
        let (message, hint) = if self.logs.is_empty() {
            (
                "no transparency log (Rekor) is named, and a verifier wants an entry of one",
                "name it with --rekor-url; what is named by address stands alone",
            )
        } else if self.timestamps.is_empty() && self.logs.iter().any(tiles) {
            (
                "Rekor v2 says nothing about time, and no timestamp authority is named",
                "name one with --timestamp-server",
            )
        } else {
            return Ok(());
        };
        Err(SignError {
            unanswered: false,
            message: message.to_owned(),
            hint: Some(hint.to_owned()),
        })
    }

    fn of_config(
        config: &SigningConfig,
        version: Option<RekorVersion>,
        public_good: bool,
    ) -> Result<Self, SignError> {
        let forced = version.map(|version| match version {
            RekorVersion::V1 => 1,
            RekorVersion::V2 => 2,
        });
        let logs = select(
            &config.eligible_rekor_urls(forced),
            &config.rekor_tlog_config,
            "transparency log",
        )?;
        if let (true, Some(version)) = (logs.is_empty(), forced) {
            return Err(SignError {
                unanswered: false,
                message: format!(
                    "the signing config names no log with Rekor's interface v{version}"
                ),
                hint: Some(
                    "name another --rekor-version (--pep740 takes 1 alone), or a log with --rekor-url"
                        .to_owned(),
                ),
            });
        }
        let log = |endpoint: &&ServiceEndpoint| {
            Ok(LogService {
                url: address(&endpoint.url, "the signing config")?,
                version: match endpoint.major_api_version {
                    1 => RekorVersion::V1,
                    _ => RekorVersion::V2,
                },
            })
        };
        let timestamps = select(
            &config.eligible_tsa_urls(),
            &config.tsa_config,
            "timestamp authority",
        )?;
        let plain = |endpoint: &ServiceEndpoint| address(&endpoint.url, "the signing config");
        Ok(Self {
            certificates: config.fulcio_url().map(plain).transpose()?,
            logs: logs.iter().map(log).collect::<Result<_, SignError>>()?,
            timestamps: timestamps
                .into_iter()
                .map(plain)
                .collect::<Result<_, SignError>>()?,
            issuer: config.oidc_url().map(|it| it.url.clone()),
            public_good,
        })
    }
}

/// The services that a selector wants, of as many operators (Sigstore protobuf-specs,
/// `ServiceConfiguration`): the newest interface of each operator; any one, so many, or all.
fn select<'c>(
    eligible: &[&'c ServiceEndpoint],
    wanted: &ServiceConfiguration,
    what: &str,
) -> Result<Vec<&'c ServiceEndpoint>, SignError> {
    let mut chosen: Vec<&ServiceEndpoint> = Vec::new();
    for endpoint in eligible {
        // Those without an operator cannot be shown to be of one.
        let is_same = |other: &&ServiceEndpoint| {
            endpoint.operator.is_some() && other.operator == endpoint.operator
        };
        if !chosen.iter().any(is_same) {
            chosen.push(endpoint);
        }
    }
    let count = match (wanted.selector, wanted.count) {
        (ServiceSelector::Any, _) => chosen.len().min(1),
        (ServiceSelector::All, _) => chosen.len(),
        (ServiceSelector::Exact, Some(count)) if count > 0 => count as usize,
        _ => {
            return Err(SignError {
                unanswered: false,
                message: format!("the signing config does not say how many {what}s to use"),
                hint: Some("its selector is ANY, ALL, or EXACT with a count".to_owned()),
            });
        }
    };
    if count > chosen.len() {
        return Err(SignError {
            unanswered: false,
            message: format!(
                "the signing config wants {count} {what}s of different operators, and names {}",
                chosen.len()
            ),
            hint: None,
        });
    }
    chosen.truncate(count);
    Ok(chosen)
}

fn address(text: &str, whence: &str) -> Result<Url, SignError> {
    let url = Url::parse(text).ok().filter(Url::has_host);
    let wrong = || SignError {
        unanswered: false,
        message: format!("{whence}: `{}` is no address", visible(text, 100)),
        hint: Some("write it as https://HOST/".to_owned()),
    };
    let url = url.ok_or_else(wrong)?;
    match url.username().is_empty() && url.password().is_none() {
        true => Ok(url),
        false => Err(SignError {
            unanswered: false,
            message: format!("{whence}: the address of a signing service has no user or password"),
            hint: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(options: ServiceOptions) -> Result<Services, SignError> {
        Services::choose(&options, &Environment::empty())
    }

    fn config(selector: &str, operators: &[&str]) -> String {
        let since = serde_json::json!({"start": "2020-01-01T00:00:00Z"});
        let service = |name: &str, operator: &str, version: u32| {
            serde_json::json!({"url": format!("https://{name}.example"), "majorApiVersion": version,
                "validFor": since, "operator": operator})
        };
        let logs: Vec<_> = operators
            .iter()
            .enumerate()
            .map(|(at, operator)| service(&format!("log{at}"), operator, 1 + at as u32 % 2))
            .collect();
        let selector: serde_json::Value = serde_json::from_str(selector).unwrap();
        serde_json::json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service("ca", "a", 1)], "rekorTlogUrls": logs,
            "tsaUrls": [service("tsa", "a", 1)], "rekorTlogConfig": selector,
        })
        .to_string()
    }

    #[test]
    fn without_options_the_public_good_instance_signs() {
        let services = choose(ServiceOptions::default()).unwrap();
        let authority = services.certificates.as_ref().unwrap();
        assert_eq!(authority.as_str(), "https://fulcio.sigstore.dev/");
        let issuer = services.issuer.as_deref();
        assert_eq!(issuer, Some("https://oauth2.sigstore.dev/auth"));
        assert!(services.public_good && services.logs.len() == 1);
        services.check().unwrap();
    }

    #[test]
    fn naming_one_private_service_takes_no_public_one_beside_it() {
        let fulcio = |url: &str| ServiceOptions {
            fulcio_url: Some(url.to_owned()),
            ..ServiceOptions::default()
        };
        let services = choose(fulcio("https://ca.example")).unwrap();
        assert!(!services.public_good && services.logs.is_empty());
        assert_eq!(services.issuer, None);
        let why = services.check().unwrap_err();
        assert!(why.hint.unwrap().contains("--rekor-url"));
        let environment = Environment::empty().with("SIGSTORE_REKOR_URL", "https://log.example");
        let services = Services::choose(&ServiceOptions::default(), &environment).unwrap();
        assert_eq!(services.logs[0].url.as_str(), "https://log.example/");
        assert_eq!(services.certificates, None);
        for wrong in ["ca.example", "", "https://me:s3cr3t@ca.example"] {
            let why = choose(fulcio(wrong)).unwrap_err();
            assert!(!format!("{why:?}").contains("s3cr3t"), "{why:?}");
        }
    }

    #[test]
    fn a_log_of_tiles_needs_a_timestamp_authority() {
        let mut options = ServiceOptions {
            rekor_url: Some("https://log.example".to_owned()),
            rekor_version: Some(RekorVersion::V2),
            ..ServiceOptions::default()
        };
        let why = choose(options.clone()).unwrap().check().unwrap_err();
        assert!(why.hint.unwrap().contains("--timestamp-server"));
        options.timestamp_server = Some("https://tsa.example/api/v1/timestamp".to_owned());
        choose(options).unwrap().check().unwrap();
    }

    #[test]
    fn the_selector_says_how_many_operators_are_asked() {
        let logs = |selector: &str, operators: &[&str]| {
            let services = choose(ServiceOptions {
                signing_config: Some(config(selector, operators)),
                ..ServiceOptions::default()
            });
            services.map(|services| services.logs.len())
        };
        let three = ["a", "b", "c"];
        assert_eq!(logs(r#"{"selector":"ANY"}"#, &three), Ok(1));
        assert_eq!(logs(r#"{"selector":"ALL"}"#, &three), Ok(3));
        assert_eq!(logs(r#"{"selector":"EXACT","count":2}"#, &three), Ok(2));
        assert_eq!(logs(r#"{"selector":"ALL"}"#, &["a", "a"]), Ok(1));
        for (selector, operators) in [
            (r#"{"selector":"EXACT","count":2}"#, &["a", "a"]),
            (r#"{"selector":"EXACT"}"#, &["a", "b"]),
            (r#"{"selector":"SERVICE_SELECTOR_UNDEFINED"}"#, &["a", "b"]),
        ] {
            assert!(logs(selector, operators).is_err(), "{selector}");
        }
    }

    #[test]
    fn a_log_of_the_wanted_interface_or_none() {
        let with = |version| {
            choose(ServiceOptions {
                signing_config: Some(config(r#"{"selector":"ANY"}"#, &["a"])),
                rekor_version: Some(version),
                ..ServiceOptions::default()
            })
        };
        assert_eq!(
            with(RekorVersion::V1).unwrap().logs[0].version,
            RekorVersion::V1
        );
        assert!(with(RekorVersion::V2).unwrap_err().message.contains("v2"));
    }
}
