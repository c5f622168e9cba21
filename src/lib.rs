//! Lockstep stops a deploy until a component's release, tags and index versions agree.

pub mod decide;
pub mod model;
pub mod observe;
pub mod policy;
pub mod report;
pub mod verify;
