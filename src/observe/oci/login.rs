//! Who asks a registry: nobody, a user, or the holder of a token.

use crate::observe::http::Credential;

/// Who asks a registry.
#[derive(Debug, Clone)]
pub(super) enum Login {
    /// Nobody, or a user and a password.
    Plain(Credential),
    /// A refresh token of the registry's token server.
    Identity(RefreshToken),
    /// A token for the registry itself.
    Registry(Credential),
}

/// A refresh token with the login that it stands for, whose secret it is.
#[derive(Clone)]
pub(super) struct RefreshToken {
    /// The token as a credential: label and holder of what it is exchanged for.
    pub(super) holder: Credential,
    /// The token.
    pub(super) token: String,
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RefreshToken({})", self.holder.label())
    }
}

impl Login {
    /// Nobody.
    pub(super) fn anonymous() -> Self {
        Self::Plain(Credential::anonymous())
    }

    /// What a file or a helper says of a user; `<token>` as a user name marks a refresh token.
    pub(super) fn of_user(label: &str, user: String, password: String) -> Self {
        match user == "<token>" {
            true => Self::identity(label, password),
            false => Self::Plain(Credential::basic(label, user, password)),
        }
    }

    /// A refresh token.
    pub(super) fn identity(label: &str, token: String) -> Self {
        let holder = Credential::bearer(label, token.clone());
        Self::Identity(RefreshToken { holder, token })
    }

    /// How observations name it.
    pub(super) fn label(&self) -> &str {
        match self {
            Self::Plain(credential) | Self::Registry(credential) => credential.label(),
            Self::Identity(token) => token.holder.label(),
        }
    }

    /// True for nobody.
    pub(super) fn is_anonymous(&self) -> bool {
        matches!(self, Self::Plain(credential) if credential.is_anonymous())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_never_printed() {
        let login = Login::of_user("file", "<token>".into(), "hunter2".into());
        assert!(!format!("{login:?}").contains("hunter2"));
        let login = Login::of_user("file", "me".into(), "hunter2".into());
        assert!(!format!("{login:?}").contains("hunter2"));
    }
}
