//! What the tool's `oci` knows of a filter.

/// A built filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub wasm: Vec<u8>,
    pub name: String,
    pub version: String,
    pub description: String,
    pub license: String,
}
