//! `just pack`.

use std::fs;

use anyhow::{Context, Result};
use harness::parts;

use crate::filters::{self, VERSION};
use crate::image::Image;
use crate::layout;

/// Leaves every filter's image in `target/oci/<filter>`, and nothing else there.
///
/// # Errors
/// A filter is not built, or the folder cannot be written.
pub fn pack() -> Result<()> {
    let filters = filters::built(None)?;
    let all = parts::root().join("target/oci");
    if all.exists() {
        fs::remove_dir_all(&all).with_context(|| all.display().to_string())?;
    }
    for filter in filters {
        let folder = all.join(&filter.name);
        let image = Image::compat(&filter)?;
        layout::write(&image, &folder, VERSION)?;
        println!("{} {}, in {}", filter.name, image.digest(), folder.display());
    }
    Ok(())
}
