//! Variables of CI systems, each with the kind of value that its vendor documents: tables of systems
//! are written in these words.

use super::kind::Kind;

/// A variable of a CI system and the kind of value that it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

pub(super) const fn address(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::Address,
    }
}

pub(super) const fn uri(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::Uri,
    }
}

pub(super) const fn repository(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::Repository,
    }
}

pub(super) const fn reference(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::Reference,
    }
}

pub(super) const fn number(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::Number,
    }
}

pub(super) const fn identifier(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::Identifier,
    }
}

pub(super) const fn name(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::Name,
    }
}

pub(super) const fn image(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::Image,
    }
}

pub(super) const fn definition(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::Definition,
    }
}

pub(super) const fn resource_name(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::ResourceName,
    }
}

pub(super) const fn moment(name: &'static str) -> Variable {
    Variable {
        name,
        kind: Kind::Moment,
    }
}
