//! `just publish`.

use anyhow::{Context, Result, ensure};
use harness::parts;
use oci_client::Reference;

use crate::credentials;
use crate::filters::{self, Filter, VERSION};
use crate::image::{Image, digest};
use crate::registry::{Pushed, Registry};
use crate::target;

/// An image, and where it goes.
struct Publication {
    image: Image,
    reference: Reference,
}

/// Pushes all filters, or one; `is_dry` only says what would be pushed.
///
/// # Errors
/// A part of the reference is not allowed, a filter is not built, or the registry cannot be reached or refuses.
pub fn publish(registry: &str, tag: &str, only: Option<&str>, is_dry: bool) -> Result<()> {
    let spelled = tag.to_lowercase().replace('_', "-");
    ensure!(
        !parts::filter_names()?.contains(&spelled),
        "`{tag}` is a filter: give the tag before it, as in `just publish {registry} {VERSION} {spelled}`"
    );
    let filters = filters::built(only)?;
    // All of them are known before the first is pushed.
    let publications =
        filters.iter().map(|filter| of_filter(registry, tag, filter)).collect::<Result<Vec<_>>>()?;
    if tag != VERSION && target::tags(tag)?.len() > 1 {
        println!("these are filters of version {VERSION}, which their images say, whatever the tag says");
    }
    let (all, mut count) = (publications.iter().flatten().count(), 0_usize);
    for (filter, publications) in filters.iter().zip(&publications) {
        push(filter, publications, is_dry, &mut count)
            .with_context(|| format!("of {all} references {count} are published"))?;
    }
    Ok(())
}

fn of_filter(registry: &str, tag: &str, filter: &Filter) -> Result<Vec<Publication>> {
    // The manifest that other runtimes read has a tag of its own: they are not one manifest.
    let forms = [("", Image::compat(filter)?), (target::OF_ARTIFACTS, Image::artifact(filter)?)];
    let mut publications = Vec::new();
    for tag in target::tags(tag)? {
        for (suffix, image) in &forms {
            let reference = target::reference(registry, &filter.name, &format!("{tag}{suffix}"))?;
            publications.push(Publication { image: image.clone(), reference });
        }
    }
    Ok(publications)
}

fn push(filter: &Filter, publications: &[Publication], is_dry: bool, count: &mut usize) -> Result<()> {
    // Helpers may ask people for these: once will do, and not for nothing.
    let credentials = match publications.first() {
        Some(publication) if !is_dry => Some(credentials::of(&publication.reference)?),
        _ => None,
    };
    for Publication { image, reference } in publications {
        println!("{reference}");
        let outcome = match &credentials {
            None => "would be pushed".into(),
            Some(credentials) => {
                let registry = Registry::with(reference, credentials.clone())?;
                match registry.push(image, &|line| println!("  {line}"))? {
                    Pushed::Now => "pushed".into(),
                    Pushed::InPlaceOf(before) => format!("pushed, in place of {before}"),
                    Pushed::Before => "was there already".into(),
                }
            }
        };
        *count = count.saturating_add(1);
        println!("  {outcome}: {}", image.digest());
        println!("  wasm {}, {} bytes", digest(&filter.wasm), filter.wasm.len());
    }
    Ok(())
}
