//! Turns a linked module into one that ships: with the callbacks that its filter registers, and without what these cannot
//! reach.
//!
//! A [`Draft`] is a module on this way. [`object`] reads what refers to what, [`exports`] removes exports, [`reach`] finds
//! what is left, and [`image`] writes the memory.

pub mod exports;
pub mod image;
mod methods;
pub mod object;
pub mod reach;

mod draft;

pub use draft::Draft;

use anyhow::Result;

/// Prepares a linked module for shipping.
///
/// # Errors
/// The bytes are not a linked module with relocations, or the module registers no filter.
pub fn shipped(linked: &[u8]) -> Result<Vec<u8>> {
    let draft = Draft::new(linked)?;
    let (roots, image) = (draft.object().in_variables.clone(), image::Image::initial(draft.object()));
    draft.finish(roots, image, reach::Exceptions::default())
}
