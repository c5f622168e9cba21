//! The trusted roots of this machine: refreshed, described, and put in the place of those that this
//! program carries.

use std::sync::Arc;

use serde::Serialize;
use sigstore_trust_root::TrustedRoot;
use sigstore_types::TimeRange;

use super::JudgeError;
use super::asking::with_client;
use crate::model::{Digest, Policy, Time, TrustDomain, TrustMaterial, visible_line};
use crate::observe::http::Events;
use crate::observe::trust_root::{
    Instance, StoredRoot, TrustRootError, TrustRootFault, Updated, stored, update,
};
use crate::observe::{Environment, now};
use crate::verify::{github, public_good};

/// A trusted root as people and programs see it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ShownTrust {
    /// The instance.
    pub instance: String,
    /// `embedded` in this program, or from the `store`.
    pub source: &'static str,
    /// From where it was refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirror: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Time>,
    /// When the first of its metadata expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// Whether that is over.
    pub expired: bool,
    /// Versions of `root`, `timestamp`, `snapshot` and `targets`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<[u64; 4]>,
    /// SHA-256 of the trusted root.
    pub digest: String,
    /// Who is trusted.
    pub authorities: Vec<ShownAuthority>,
}

/// One key or certificate chain of a trusted root.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ShownAuthority {
    /// `certificate-authority`, `transparency-log`, `certificate-log` or `timestamp-authority`.
    pub kind: &'static str,
    /// Its address, made visible.
    pub address: String,
    /// From when on what it signs counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begins: Option<Time>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<Time>,
}

/// Refreshes these instances, one after the other.
///
/// # Errors
/// [`JudgeError`] where there is no client at all.
pub fn update_trust(
    environment: &Environment,
    events: Arc<dyn Events>,
    instances: &[Instance],
) -> Result<Vec<Result<Updated, TrustRootError>>, JudgeError> {
    with_client(environment, events, async |client| {
        let mut results = Vec::new();
        for instance in instances {
            results.push(update(client, instance, now()).await);
        }
        results
    })
}

/// A root of a public instance that signatures are verified against.
#[derive(Debug, Clone)]
pub struct RootInUse {
    /// The root.
    pub domain: TrustDomain,
    /// When it was refreshed, and until when its metadata counts; nothing where this program
    /// carries it.
    pub refreshed: Option<Refreshed>,
}

/// What is known of a root that was refreshed.
#[derive(Debug, Clone, Copy)]
pub struct Refreshed {
    /// When it was.
    pub updated: Time,
    /// When the first of its metadata expires.
    pub expires: Time,
    /// Whether that is over.
    pub expired: bool,
}

impl RootInUse {
    /// What people should know of it: that nobody vouches any more that it is the newest.
    pub fn note(&self) -> Option<String> {
        let refreshed = self.refreshed.filter(|it| it.expired)?;
        Some(format!(
            "the trusted root of {} expired {}: nobody vouches any more that it is the newest; \
             `lockstep trust update` refreshes it",
            self.domain.label, refreshed.expires
        ))
    }
}

/// The roots of the public-good instance and of GitHub's, in this order: each as it was last
/// refreshed on this machine, else as this program carries it.
///
/// # Errors
/// [`TrustRootError`] for a store that cannot be read or does not verify: that is never "nothing
/// kept".
pub fn roots_in_use(environment: &Environment) -> Result<[RootInUse; 2], TrustRootError> {
    let in_use = |instance: &Instance, embedded: fn() -> TrustDomain| {
        let kept = stored(environment, instance, now())?;
        Ok(match kept {
            None => RootInUse {
                domain: embedded(),
                refreshed: None,
            },
            Some(root) => RootInUse {
                refreshed: Some(Refreshed {
                    updated: root.updated,
                    expires: root.expires,
                    expired: root.expired,
                }),
                domain: root.domain,
            },
        })
    };
    Ok([
        in_use(&Instance::public_good(), public_good)?,
        in_use(&Instance::github(), github)?,
    ])
}

/// Lets a policy trust these roots in the place of those that this program carries. What the policy
/// names in files of its own stays.
pub fn trust_roots(policy: &mut Policy, roots: &[RootInUse; 2]) {
    let text = |domain: &TrustDomain| match &domain.material {
        TrustMaterial::TrustedRoot(root) => Some(root.clone()),
        TrustMaterial::Key { .. } => None,
    };
    let mut ids: Vec<(Digest, Digest)> = Vec::new();
    for domain in &mut policy.trust {
        let before = domain.id();
        for (root, embedded) in roots.iter().zip([public_good(), github()]) {
            let (Some(new), Some(old)) = (text(&root.domain), text(&embedded)) else {
                continue;
            };
            match &mut domain.material {
                TrustMaterial::TrustedRoot(it) if before == embedded.id() => *it = new,
                TrustMaterial::Key { root: Some(it), .. } if *it == old => *it = new,
                _ => {}
            }
        }
        ids.push((before, domain.id()));
    }
    for trusted in policy.provenance.iter_mut().flat_map(|it| &mut it.trust) {
        if let Some((_, now)) = ids.iter().find(|(before, _)| before == trusted) {
            *trusted = *now;
        }
    }
}

/// What is trusted now of an instance: what is kept, else what this program carries.
///
/// # Errors
/// [`TrustRootError`] for a store that cannot be read or does not verify, and for a private instance
/// that was never refreshed.
pub fn show_trust(
    environment: &Environment,
    instance: &Instance,
) -> Result<ShownTrust, TrustRootError> {
    if let Some(root) = stored(environment, instance, now())? {
        return describe_stored(&root);
    }
    let domain = match instance.label() {
        "sigstore" => public_good(),
        "github" => github(),
        label => {
            return Err(TrustRootError {
                fault: TrustRootFault::Store,
                message: format!("{label} was never refreshed on this machine"),
                hint: Some("run `lockstep trust update --mirror URL --root FILE`".to_owned()),
            });
        }
    };
    Ok(ShownTrust {
        instance: domain.label.clone(),
        source: "embedded",
        mirror: None,
        updated: None,
        expires: None,
        expired: false,
        versions: None,
        digest: digest(&domain),
        authorities: authorities(&domain)?,
    })
}

/// A root of the store, described.
///
/// # Errors
/// [`TrustRootError`] for material that cannot be read.
pub fn describe_stored(root: &StoredRoot) -> Result<ShownTrust, TrustRootError> {
    Ok(ShownTrust {
        instance: root.domain.label.clone(),
        source: "store",
        mirror: Some(root.mirror.clone()),
        updated: Some(root.updated),
        expires: Some(root.expires),
        expired: root.expired,
        versions: Some(root.versions),
        digest: digest(&root.domain),
        authorities: authorities(&root.domain)?,
    })
}

fn digest(domain: &TrustDomain) -> String {
    let texts = domain.texts();
    texts.first().map(|it| it.0.to_string()).unwrap_or_default()
}

fn authorities(domain: &TrustDomain) -> Result<Vec<ShownAuthority>, TrustRootError> {
    let TrustMaterial::TrustedRoot(json) = &domain.material else {
        return Ok(Vec::new());
    };
    let root = TrustedRoot::from_json(json).map_err(|error| TrustRootError {
        fault: TrustRootFault::Invalid,
        message: format!(
            "the trusted root cannot be read: {}",
            visible_line(&error.to_string())
        ),
        hint: None,
    })?;
    let mut shown = Vec::new();
    let mut add = |kind, address: &str, range: Option<&TimeRange>| {
        let time = |time: jiff::Timestamp| Time::from_unix_seconds(time.as_second());
        shown.push(ShownAuthority {
            kind,
            address: visible_line(address),
            begins: range.map(|range| time(range.start)),
            ends: range.and_then(|range| range.end).map(time),
        });
    };
    for one in &root.certificate_authorities {
        add("certificate-authority", &one.uri, one.valid_for.as_ref());
    }
    for one in &root.tlogs {
        let range = one.public_key.valid_for.as_ref();
        add("transparency-log", &one.base_url, range);
    }
    for one in &root.ctlogs {
        let range = one.public_key.valid_for.as_ref();
        add("certificate-log", &one.base_url, range);
    }
    for one in &root.timestamp_authorities {
        let address = one.uri.as_deref().unwrap_or("(no address)");
        add("timestamp-authority", address, one.valid_for.as_ref());
    }
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::codes;

    fn policy() -> Policy {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/service.toml");
        let loaded = crate::policy::load(file.as_ref(), &codes());
        let mut loaded = loaded.unwrap_or_else(|errors| panic!("{}", errors.render(false)));
        loaded.components.remove(0).policy
    }

    /// The public root with a line break more: the same authorities, other bytes.
    fn refreshed(expired: bool) -> [RootInUse; 2] {
        let TrustMaterial::TrustedRoot(text) = public_good().material else {
            panic!("no root");
        };
        let expires: Time = "2026-11-28T00:00:00Z".parse().unwrap();
        let newer = RootInUse {
            domain: TrustDomain {
                material: TrustMaterial::TrustedRoot(format!("{text}\n").into()),
                ..public_good()
            },
            refreshed: Some(Refreshed {
                updated: "2026-11-21T00:00:00Z".parse().unwrap(),
                expires,
                expired,
            }),
        };
        let embedded = RootInUse {
            domain: github(),
            refreshed: None,
        };
        [newer, embedded]
    }

    #[test]
    fn a_refreshed_root_takes_the_place_of_the_embedded_one_in_policies() {
        let mut policy = policy();
        let roots = refreshed(false);
        assert_eq!(policy.trust, [public_good(), github()]);
        trust_roots(&mut policy, &roots);
        let now = [roots[0].domain.clone(), github()];
        assert_eq!(policy.trust, now);
        let ids: Vec<Digest> = now.iter().map(TrustDomain::id).collect();
        assert!(!policy.provenance.is_empty());
        let tables = crate::decide::attested_tables(&policy, &policy.agreements);
        assert!(tables.len() > policy.provenance.len());
        for table in tables {
            assert_eq!(table.trust, ids, "{table:?}");
        }
    }

    #[test]
    fn a_key_stays_and_its_log_is_that_of_the_refreshed_root() {
        let roots = refreshed(false);
        let texts = |domain: &TrustDomain| match &domain.material {
            TrustMaterial::TrustedRoot(root) => root.clone(),
            TrustMaterial::Key { .. } => panic!("a key"),
        };
        let key = |root: &TrustDomain| TrustDomain {
            label: "cosign.pub".to_owned(),
            material: TrustMaterial::Key {
                pem: "a key".into(),
                root: Some(texts(root)),
            },
            leniency: Default::default(),
        };
        let other = TrustDomain {
            label: "private.json".to_owned(),
            material: TrustMaterial::TrustedRoot("{}".into()),
            leniency: Default::default(),
        };
        let mut policy = policy();
        policy.trust = vec![
            public_good(),
            key(&public_good()),
            key(&other),
            other.clone(),
        ];
        trust_roots(&mut policy, &roots);
        let newer = &roots[0].domain;
        let wanted = [newer.clone(), key(newer), key(&other), other];
        assert_eq!(policy.trust, wanted);
    }

    #[test]
    fn an_expired_root_is_used_and_said_to_be_over() {
        let [over, embedded] = refreshed(true);
        let note = over.note().unwrap();
        assert!(note.contains("2026-11-28T00:00:00Z"), "{note}");
        assert!(note.contains("lockstep trust update"), "{note}");
        assert_eq!(embedded.note(), None);
        assert_eq!(refreshed(false)[0].note(), None);
    }

    #[test]
    fn without_a_store_this_program_s_own_roots_count() {
        let roots = roots_in_use(&Environment::empty()).unwrap();
        assert_eq!(roots.clone().map(|it| it.domain), [public_good(), github()]);
        assert!(roots.iter().all(|it| it.refreshed.is_none()));
    }
}
