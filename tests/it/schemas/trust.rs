//! The schema of trusted roots describes what `lockstep trust` writes.

use serde_json::Value;

use super::{schema, valid};

pub(super) const SCHEMA: &str = include_str!("../../../docs/schema/trust.schema.json");

/// What the command wrote is what the schema says.
#[track_caller]
pub(crate) fn describes(document: &Value) {
    valid(&schema(SCHEMA), document, "lockstep trust");
}
