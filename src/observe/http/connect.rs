//! Builds the connector: TLS roots, proxies, time limits, no redirects of its own.

use std::path::{Path, PathBuf};

use reqwest::{Certificate, NoProxy, Proxy};

use super::{ClientError, Limits, Unanswered, failure};
use crate::observe::environment::Environment;

/// The client's name: `lockstep/1.2.3 (+https://…)`.
const USER_AGENT: &str = concat!(
    "lockstep/",
    env!("CARGO_PKG_VERSION"),
    " (+",
    env!("CARGO_PKG_REPOSITORY"),
    ")"
);

/// The longest file of certificates, in bytes.
const CERTIFICATES_BYTES: u64 = 16 << 20;

/// A connector for this environment.
pub(super) fn connector(
    environment: &Environment,
    limits: &Limits,
) -> Result<reqwest::Client, ClientError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(limits.connect)
        .pool_max_idle_per_host(limits.per_host)
        .no_proxy();
    for proxy in proxies(environment)? {
        builder = builder.proxy(proxy);
    }
    let extra = certificates(environment)?;
    if !extra.is_empty() {
        builder = builder.tls_certs_merge(extra);
    }
    builder.build().map_err(|error| ClientError::Connector {
        why: crate::model::visible_line(&innermost(&error.without_url())),
    })
}

/// A connector past every proxy, for the addresses that a platform gives its programs. It is needed
/// once or twice in a run and not kept.
pub(super) fn direct(limits: &Limits) -> Result<reqwest::Client, Unanswered> {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(limits.connect)
        .pool_max_idle_per_host(0)
        .no_proxy()
        .build()
        .map_err(failure::of_transport)
}

/// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case; `HTTP_PROXY` in capitals
/// is not read where `REQUEST_METHOD` is set (CGI turns a `Proxy` header into it).
fn proxies(environment: &Environment) -> Result<Vec<Proxy>, ClientError> {
    let exceptions = environment
        .first_of(&["no_proxy", "NO_PROXY"])
        .and_then(|(_, list)| NoProxy::from_string(list));
    let cgi = environment.get("REQUEST_METHOD").is_some();
    let http: &[&str] = if cgi {
        &["http_proxy"]
    } else {
        &["http_proxy", "HTTP_PROXY"]
    };
    let mut proxies = Vec::new();
    type Make = fn(&str) -> reqwest::Result<Proxy>;
    let kinds: [(&[&str], Make); 3] = [
        (&["https_proxy", "HTTPS_PROXY"], |url| Proxy::https(url)),
        (http, |url| Proxy::http(url)),
        (&["all_proxy", "ALL_PROXY"], |url| Proxy::all(url)),
    ];
    for (names, make) in kinds {
        if let Some((name, address)) = environment.first_of(names) {
            let proxy = make(address).map_err(|_| ClientError::Proxy {
                variable: name.to_owned(),
            })?;
            proxies.push(proxy.no_proxy(exceptions.clone()));
        }
    }
    Ok(proxies)
}

/// Certificates of `SSL_CERT_FILE` and of the files in `SSL_CERT_DIR` (a list as in `PATH`), beside
/// those of the system.
fn certificates(environment: &Environment) -> Result<Vec<Certificate>, ClientError> {
    let mut found = Vec::new();
    if let Some(file) = environment.get("SSL_CERT_FILE") {
        let path = PathBuf::from(file);
        found
            .extend(bundle(&path).ok_or_else(|| ClientError::Certificates { path: path.clone() })?);
    }
    let folders = environment.get("SSL_CERT_DIR").unwrap_or_default();
    for folder in std::env::split_paths(folders) {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten().take(10_000) {
            // Folders of certificates hold other files too, and every certificate twice or thrice.
            let path = entry.path();
            if path
                .extension()
                .is_some_and(|end| end == "pem" || end == "crt")
            {
                found.extend(bundle(&path).unwrap_or_default());
            }
        }
    }
    Ok(found)
}

fn bundle(path: &Path) -> Option<Vec<Certificate>> {
    if std::fs::metadata(path).ok()?.len() > CERTIFICATES_BYTES {
        return None;
    }
    let certificates = Certificate::from_pem_bundle(&std::fs::read(path).ok()?).ok()?;
    (!certificates.is_empty()).then_some(certificates)
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
