//! `just publish`.

use anyhow::{Context, Result, ensure};
use oci_client::Reference;
use testbed::parts;

use crate::filters::{self, Filter, VERSION};
use crate::image::{Image, digest};
use crate::registry::{Pushed, Registry};
use crate::target;

/// An image, and where it goes.
struct Publication<'a> {
    filter: &'a Filter,
    image: Image,
    reference: Reference,
}

/// Pushes all filters, or one; `is_dry` only says what would be pushed.
///
/// # Errors
/// A part of the reference is not allowed, a filter is not built, or the registry cannot be reached or refuses.
pub fn publish(registry: &str, tag: &str, only: Option<&str>, is_dry: bool) -> Result<()> {
    ensure!(
        !parts::filter_names()?.iter().any(|name| name == tag),
        "`{tag}` is a filter: give the tag before it, as in `just publish {registry} {VERSION} {tag}`"
    );
    let filters = filters::built(only)?;
    // All of them are known before the first is pushed.
    let publications =
        filters.iter().map(|filter| of_filter(registry, tag, filter)).collect::<Result<Vec<_>>>()?;
    let all: Vec<_> = publications.iter().flatten().collect();
    for (count, publication) in all.iter().enumerate() {
        push(publication, is_dry)
            .with_context(|| format!("of {} references {count} are published", all.len()))?;
    }
    Ok(())
}

fn of_filter<'a>(registry: &str, tag: &str, filter: &'a Filter) -> Result<Vec<Publication<'a>>> {
    // The manifest that other runtimes read has a tag of its own: they are not one manifest.
    let forms = [("", Image::compat(filter)?), (target::OF_ARTIFACTS, Image::artifact(filter)?)];
    let mut publications = Vec::new();
    for tag in target::tags(tag)? {
        for (suffix, image) in &forms {
            let reference = target::reference(registry, &filter.name, &format!("{tag}{suffix}"))?;
            publications.push(Publication { filter, image: image.clone(), reference });
        }
    }
    Ok(publications)
}

fn push(Publication { filter, image, reference }: &Publication<'_>, is_dry: bool) -> Result<()> {
    println!("{reference}");
    let outcome = match is_dry {
        true => "would be pushed",
        false => match Registry::of(reference)?.push(image, &|line| println!("  {line}"))? {
            Pushed::Now => "pushed",
            Pushed::Before => "was there already",
        },
    };
    println!("  {outcome}: {}", image.digest());
    println!("  wasm {}, {} bytes", digest(&filter.wasm), filter.wasm.len());
    Ok(())
}
