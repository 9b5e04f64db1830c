//! Parts of configurations that rate-limit and rate-limit-tcp share.

mod identity;
mod name;
mod quota;
mod slots;

pub use identity::IdentityHasher;
pub use name::RuleName;
pub use quota::quota;
pub use slots::Slots;
