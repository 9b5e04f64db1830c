//! Writes the specialized module.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use proxy_filter::specialize::Phase;
use proxy_filter_module::Draft;
use proxy_filter_module::image::Image;
use proxy_filter_module::object::Item;

use crate::exports::PLAN;

/// Writes a module that begins with this memory, has only the needed phases, and lacks what it cannot reach from them and
/// from `roots`.
///
/// # Errors
/// The linked module registers no filter.
pub(crate) fn rewrite(linked: &[u8], image: Image, roots: BTreeSet<Item>, needed: u32) -> Result<Vec<u8>> {
    let mut draft = Draft::new(linked)?;
    let plan =
        *draft.object().exports.get(PLAN).with_context(|| format!("the module does not export {PLAN}"))?;
    let of_phases = |is_needed: bool| {
        let phases = Phase::all().filter(move |phase| phase.is_in(needed) == is_needed);
        phases.flat_map(Phase::callbacks).collect::<BTreeSet<_>>()
    };
    // Phases share callbacks.
    let (wanted, unwanted) = (of_phases(true), of_phases(false));
    draft.remove_exports(|name| unwanted.contains(name) && !wanted.contains(name));
    draft.finish(roots, image, [plan].into())
}
