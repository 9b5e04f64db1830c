//! Stands in for the tool's `crate::filter`, of which its `oci` needs only this.

/// A built filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub wasm: Vec<u8>,
    pub name: String,
    pub version: String,
    pub description: String,
    pub license: String,
}
