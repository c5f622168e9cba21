//! What a verified statement says about who built or published an artifact, and from what.

use crate::model::visible_line;
use crate::verify::{
    Build, BuildKind, NPM_PUBLISH, PYPI_PUBLISH, RepositoryAddress, Signer, VerifiedStatement,
    VerifyError, is_slsa_provenance,
};

/// What rules compare: the claims about the build, and who signed them.
#[derive(Debug, Clone)]
pub(crate) struct Claims {
    pub(crate) build: Build,
    /// Nothing where a key signed.
    pub(crate) identity: Option<Identity>,
}

/// The holder of a certificate.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) issuer: String,
    pub(crate) name: String,
}

/// Whether a predicate of this type is provenance of one of the two kinds.
pub(crate) fn is_provenance(predicate_type: &str) -> bool {
    is_slsa_provenance(predicate_type) || [PYPI_PUBLISH, NPM_PUBLISH].contains(&predicate_type)
}

impl Claims {
    /// Reads them.
    ///
    /// # Errors
    /// Where the predicate cannot be read, or says another thing than the certificate.
    pub(crate) fn of(verified: &VerifiedStatement) -> Result<Self, VerifyError> {
        let identity = match verified.signature().signer() {
            Signer::Certificate(claims) => Some(Identity {
                issuer: claims.issuer.clone(),
                name: claims.identity.clone(),
            }),
            Signer::Key { .. } => None,
        };
        Ok(Self {
            build: Build::of(verified)?,
            identity,
        })
    }

    pub(crate) fn kind(&self) -> BuildKind {
        self.build.kind
    }

    /// The commit that was built, in text.
    pub(crate) fn commit(&self) -> Option<&str> {
        self.build.commit.as_ref().map(|it| it.as_str())
    }

    /// How a message names who signed.
    pub(crate) fn signer(&self) -> String {
        match &self.identity {
            Some(identity) => visible_line(&identity.name),
            None => "a key".to_owned(),
        }
    }

    /// Who it is, whichever release it is about: the identity without its git reference.
    pub(crate) fn publisher(&self) -> Option<String> {
        let identity = self.identity.as_ref()?;
        let name = identity.name.split_once("@refs/");
        let name = name.map_or(identity.name.as_str(), |(name, _)| name);
        Some(format!(
            "{} ({})",
            visible_line(name),
            visible_line(&identity.issuer)
        ))
    }
}

/// Whether an address that a policy names is that of a repository.
pub(crate) fn is_repository(named: &str, repository: &RepositoryAddress) -> bool {
    named
        .parse::<RepositoryAddress>()
        .is_ok_and(|named| named == *repository)
}
