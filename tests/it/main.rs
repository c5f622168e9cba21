//! The one integration binary; its modules mirror `src`.

mod decide;
mod floors;
mod fuzz_corpus;
mod model;
mod schemas;
