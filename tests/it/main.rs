//! The one integration binary; its modules mirror `src`.

mod decide;
mod floors;
mod model;
mod schemas;
