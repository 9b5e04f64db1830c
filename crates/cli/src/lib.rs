//! `cargo proxy-filter`: from a filter's sources to its image in a registry.
//!
//! # Layout
//!
//! - [`project`] finds the project and its files for all other modules.
//! - [`new`] writes a filter's crate and its files of `deploy/` from the template.
//! - [`build`] compiles filters, removes the callbacks that they do not register, and checks the modules.
//! - [`capabilities`] lists what a module needs of its host, and writes it into files.
//! - [`envoy`] finds Envoy or fetches it, with [`python`]; [`variables`] say where it is.
//! - [`filter`] is a built filter; [`oci`] turns it into an image, and [`pack`] writes images to disk.
//! - [`registry`] publishes images and verifies published ones; [`signing`] signs them.
//! - [`manifests`] writes the files of `deploy/` with references and digests; [`release`] collects a release.
//! - [`specialize`] makes a module for one configuration.
//! - [`mod@test`] runs filters' tests, [`schema`] writes the files that they compare with, [`trial`] runs a filter once, and
//!   [`check`] loads the configurations in files.
//! - [`mod@say`] prints results, and [`terminal`] has colors.
//! - [`reproduce`] builds a [`checkout`] elsewhere and compares the images; [`version`] sets the project's version.
//!
//! The feature `registry` (on by default) contains what talks to a registry or names an image in one: [`registry`],
//! [`manifests`], [`release`] and [`signing`]. The features `specialize` and `try` (on by default) contain what runs modules.

pub mod build;
pub mod capabilities;
#[cfg(feature = "try")]
pub mod check;
pub mod checkout;
pub mod envoy;
pub mod filter;
#[cfg(feature = "registry")]
pub mod manifests;
pub mod new;
pub mod oci;
pub mod pack;
pub mod project;
pub mod python;
#[cfg(feature = "registry")]
pub mod registry;
#[cfg(feature = "registry")]
pub mod release;
pub mod reproduce;
pub mod say;
pub mod schema;
#[cfg(feature = "registry")]
pub mod signing;
#[cfg(feature = "specialize")]
pub mod specialize;
pub mod temporary;
pub mod terminal;
pub mod test;
#[cfg(feature = "try")]
pub mod trial;
pub mod variables;
pub mod version;
