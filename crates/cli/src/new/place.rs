//! The directories of a new filter.

use std::path::{Path, PathBuf};

use crate::project::Project;

/// Where a new filter's files go.
pub(super) struct Place {
    /// The directory of the crate.
    pub(super) crate_directory: PathBuf,
    /// The directory of files for deployment.
    pub(super) deploy: PathBuf,
}

impl Place {
    pub(super) fn of(here: &Path, project: Option<&Project>, name: &str) -> Self {
        let in_layout = |directory: fn(&Project) -> Option<&PathBuf>| {
            project.and_then(|project| Some(project.root().join(directory(project)?)))
        };
        let crate_directory =
            in_layout(|project| project.layout().filters.as_ref()).unwrap_or(here.to_owned()).join(name);
        let deploy = in_layout(|project| project.layout().deploy.as_ref());
        Self { deploy: deploy.unwrap_or_else(|| crate_directory.join("deploy")), crate_directory }
    }
}
