//! Versions: when are two names the same release?
//!
//! The rule is *render forward, compare strings*: a [`Naming`] renders the one version of a release
//! into the exact name that a channel must have, and names are read backwards only for discovery
//! and audit. Identity is a [`Version::key`] inside one declared [`Scheme`], never an order, and a
//! [`Comparison`] that cannot be made says so instead of guessing.

mod collision;
mod compare;
mod convert;
mod floating;
mod identity;
mod incomparable;
mod naming;
mod numeric;
mod order;
mod plus;
mod reading;
mod release;
mod scheme;
mod template;

pub use collision::{Collision, collisions};
pub use compare::{Comparison, Explained, compare, explain_pair, resolve_commit};
pub use floating::{FloatingName, FloatingRange};
pub use identity::DevBuild;
pub use incomparable::Incomparable;
pub use naming::{Naming, VariantName};
pub use order::Numbers;
pub use plus::Plus;
pub use reading::Reading;
pub use release::{MAXIMUM_LENGTH, Version};
pub use scheme::{Scheme, SchemeError};
pub use template::{Template, TemplateError};
