//! Lockstep stops a deploy until a component's release, tags and index versions agree.

pub mod model;
pub mod observe;
pub mod policy;
