//! The one integration binary; its modules mirror `src`.

mod cli;
mod decide;
mod model;
mod observe;
