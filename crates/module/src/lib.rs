//! Turns a linked module into one that ships: with the callbacks that its filter registers, and without what these cannot
//! reach.
//!
//! A [`Draft`] is a module on its way there. [`object`] reads what refers to what, `exports` removes exports, `reach` and
//! `methods` find what is left, and [`image`] writes the memory. [`Capabilities`] are what the result needs of its host.

mod capabilities;
mod draft;
mod exports;
pub mod image;
mod methods;
pub mod object;
mod reach;

use std::collections::BTreeSet;

use anyhow::Result;

pub use capabilities::Capabilities;
pub use draft::Draft;

/// Prepares a linked module for shipping.
///
/// # Errors
/// The bytes are not a linked module with relocations, or the module registers no filter.
pub fn shipped(linked: &[u8]) -> Result<Vec<u8>> {
    let draft = Draft::new(linked)?;
    let (roots, image) = (draft.object().data_roots.clone(), image::Image::initial(draft.object()));
    draft.finish(roots, image, BTreeSet::new())
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
