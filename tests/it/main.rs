//! The one integration binary; its modules mirror `src`.

mod cli;
mod decide;
mod floors;
mod fuzz_corpus;
mod model;
mod observe;
mod policy;
mod schemas;
