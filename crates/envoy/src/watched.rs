//! The files from which a running Envoy reads its listeners and clusters.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::statistics::statistics;

/// The longest time that Envoy may take to apply a file.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a file contains.
#[derive(Clone, Copy)]
pub(crate) enum Resource {
    Listeners,
    Clusters,
}

impl Resource {
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Listeners => "listeners.json",
            Self::Clusters => "clusters.json",
        }
    }

    /// Returns the statistics of accepted files, rejected files, and resources that are warming up.
    fn statistics(self) -> [&'static str; 3] {
        match self {
            Self::Listeners => [
                "listener_manager.lds.update_success",
                "listener_manager.lds.update_rejected",
                "listener_manager.total_listeners_warming",
            ],
            Self::Clusters => [
                "cluster_manager.cds.update_success",
                "cluster_manager.cds.update_rejected",
                "cluster_manager.warming_clusters",
            ],
        }
    }
}

/// Replaces a file, unless it has this text already, and waits until Envoy has applied it.
pub(crate) fn replace(admin: SocketAddr, directory: &Path, resource: Resource, text: &str) -> Result<()> {
    let file = directory.join(resource.file());
    if fs::read_to_string(&file)? == text {
        return Ok(());
    }
    let [accepted, rejected, _] = values(admin, resource)?;
    // Envoy notices a file that is moved into place, not one that is written to.
    let new = directory.join("new");
    fs::write(&new, text)?;
    fs::rename(&new, &file)?;
    let start = Instant::now();
    loop {
        let [now_accepted, now_rejected, warming] = values(admin, resource)?;
        ensure!(now_rejected == rejected, "Envoy rejected {}", resource.file());
        if now_accepted > accepted && warming == 0 {
            return Ok(());
        }
        ensure!(
            start.elapsed() < TIMEOUT,
            "Envoy did not apply {} within {} s",
            resource.file(),
            TIMEOUT.as_secs()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn values(admin: SocketAddr, resource: Resource) -> Result<[u64; 3]> {
    Ok(statistics(admin, resource.statistics())?.map(Option::unwrap_or_default))
}
