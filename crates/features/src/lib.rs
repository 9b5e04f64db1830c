//! Features of other crates, and nothing else. Cargo compiles a crate with the features that the chosen packages ask
//! for: chosen along with any of them, this one makes those the same as for all of them.
