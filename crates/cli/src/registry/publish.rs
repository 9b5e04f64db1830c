//! `cargo proxy-filter publish`: pushes images to a registry.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use oci_client::Reference;

use super::client::{Pushed, RegistryClient};
use super::credentials::{self, Credentials};
use super::reference;
use super::sign::{AttachmentOptions, Attachments};
use crate::filter::{Filter, Selection};
use crate::oci::digest::digest;
use crate::oci::image::Image;
use crate::project::Project;
use crate::say;

/// An image and its reference.
struct Publication {
    image: Image,
    reference: Reference,
}

/// Pushes the selected modules, with their versions as tags if there is no `tag`, and attaches what is wanted to their images.
/// With `is_dry`, only prints what it would push.
///
/// # Errors
/// A part of the reference is invalid, a filter is not built, the key cannot sign, or the registry cannot be reached or refuses.
pub fn run(
    project: &Project,
    registry: &str,
    tag: Option<&str>,
    selection: Selection<'_>,
    options: &AttachmentOptions,
    is_dry: bool,
) -> Result<()> {
    if let Some(tag) = tag {
        let spelled = tag.to_lowercase().replace('_', "-");
        ensure!(
            !project.filter_names().any(|filter| filter == spelled),
            "`{tag}` is a filter, not a tag: choose the filter with `-p {spelled}`"
        );
    }
    let filters = selection.read(project)?;
    let tag_of = |filter: &Filter| tag.unwrap_or(&filter.version).to_owned();
    // Every reference is checked before the first image is pushed.
    let publications = filters.iter().map(|filter| of_filter(registry, &tag_of(filter), filter));
    let publications = publications.collect::<Result<Vec<_>>>()?;
    let attachments = Attachments::ready(project, &filters, options)?;
    for filter in &filters {
        let (tag, version) = (tag_of(filter), &filter.version);
        if tag != *version && reference::tags(&tag)?.len() > 1 {
            say!("note: the tag is {tag}, but {} and its image have version {version}", filter.name);
        }
    }
    let (all, mut count) = (publications.iter().flatten().count(), 0_usize);
    for (filter, publications) in filters.iter().zip(&publications) {
        let published = push(filter, publications, is_dry, &mut count)
            .with_context(|| format!("{count} of {all} references are published"))?;
        attach(&attachments, filter, publications, published.as_ref())
            .with_context(|| format!("the images of {} are published, but lack attachments", filter.name))?;
    }
    Ok(())
}

fn of_filter(registry: &str, tag: &str, filter: &Filter) -> Result<Vec<Publication>> {
    // Other runtimes read another manifest, which therefore has a tag of its own.
    let forms = [("", Image::compat(filter)?), (reference::ARTIFACT_SUFFIX, Image::artifact(filter)?)];
    let mut publications = Vec::new();
    for tag in reference::tags(tag)? {
        for (suffix, image) in &forms {
            let reference = reference::of_image(registry, &filter.image, &format!("{tag}{suffix}"))?;
            publications.push(Publication { image: image.clone(), reference });
        }
    }
    Ok(publications)
}

/// Pushes a filter's images, and returns the credentials for that. A dry run has none.
fn push(
    filter: &Filter,
    publications: &[Publication],
    is_dry: bool,
    count: &mut usize,
) -> Result<Option<Credentials>> {
    // A credential helper may ask the user: ask it once, and not at all in a dry run.
    let credentials = match publications.first() {
        Some(publication) if !is_dry => Some(credentials::of(&publication.reference)?),
        _ => None,
    };
    for Publication { image, reference } in publications {
        say!("{reference}");
        let outcome = match &credentials {
            None => "would push".into(),
            Some(credentials) => {
                let registry = RegistryClient::with(reference, credentials.clone())?;
                match registry.push(image, &|line| say!("  {line}"))? {
                    Pushed::New => "pushed".into(),
                    Pushed::InPlaceOf(before) => format!("pushed, in place of {before}"),
                    Pushed::Unchanged => "already there".into(),
                }
            }
        };
        *count = count.saturating_add(1);
        say!("  {outcome}: {}", image.digest());
        say!("  wasm {}, {} bytes", digest(&filter.wasm), filter.wasm.len());
    }
    Ok(credentials)
}

/// Attaches what is wanted to each of a filter's images. Several tags have the same image.
fn attach(
    attachments: &Attachments,
    filter: &Filter,
    publications: &[Publication],
    credentials: Option<&Credentials>,
) -> Result<()> {
    let mut done = BTreeSet::new();
    for Publication { image, reference } in publications {
        if attachments.is_empty() || !done.insert(image.digest()) {
            continue;
        }
        match credentials {
            None => {
                say!("{}/{}@{}", reference.registry(), reference.repository(), image.digest());
                attachments.announce(filter);
            }
            Some(credentials) => {
                let registry = RegistryClient::with(reference, credentials.clone())?;
                attachments.attach(&registry, image, filter)?;
            }
        }
    }
    Ok(())
}
