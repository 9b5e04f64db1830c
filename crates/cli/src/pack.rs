//! `cargo proxy-filter pack`: writes images to disk.

use anyhow::Result;

use crate::filter;
use crate::oci::image::Image;
use crate::oci::layout;
use crate::project::Project;
use crate::temporary;

/// Writes every filter's image into `target/oci/<filter>`, and removes what was in `target/oci` before.
///
/// # Errors
/// A filter is not built, or the folder cannot be written.
pub fn run(project: &Project) -> Result<()> {
    let filters = filter::built(project, None)?;
    let all = project.target("oci");
    temporary::remove(&all)?;
    for filter in filters {
        let folder = all.join(&filter.name);
        let image = Image::compat(&filter)?;
        layout::write(&image, &folder, project.version())?;
        println!("{} {} in {}", filter.name, image.digest(), folder.display());
    }
    Ok(())
}
