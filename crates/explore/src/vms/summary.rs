//! Hashes of what machines know.

use std::fmt::{self, Debug};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::hash::hash;

/// Hashes what a machine knows.
pub fn summary(local: impl Hash) -> u64 {
    hash(&local)
}

/// Hashes what a machine knows by how it prints, if that shows everything that matters.
pub fn printed(local: &dyn Debug) -> u64 {
    struct Printed(DefaultHasher);

    impl fmt::Write for Printed {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }

    let mut printed = Printed(DefaultHasher::new());
    _ = fmt::Write::write_fmt(&mut printed, format_args!("{local:?}"));
    printed.0.finish()
}
