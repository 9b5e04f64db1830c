//! `cargo proxy-filter pack`: writes images to disk.

use anyhow::Result;

use crate::filter::Selection;
use crate::oci::image::Image;
use crate::oci::layout;
use crate::project::Project;
use crate::say;
use crate::temporary;

/// Writes images into `target/oci/<name>`. If these are all filters' images, removes what was in `target/oci` before.
///
/// # Errors
/// A module cannot be read, or a directory cannot be written.
pub fn run(project: &Project, selection: Selection<'_>) -> Result<()> {
    let filters = selection.read(project)?;
    let all = project.target("oci");
    if matches!(selection, Selection::Filters([])) {
        temporary::remove(&all)?;
    }
    for filter in filters {
        let directory = all.join(&filter.name);
        temporary::remove(&directory)?;
        let image = Image::compat(&filter)?;
        layout::write(&image, &directory, &filter.version)?;
        say!("{} {} in {}", filter.name, image.digest(), directory.display());
    }
    Ok(())
}
