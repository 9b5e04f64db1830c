//! Envoy's statistics.

use std::net::SocketAddr;

use anyhow::{Context, Result};

use crate::http::Request;

/// Reads all counters and gauges whose names start with a prefix, by the rest of their names.
pub(crate) fn with_prefix(admin: SocketAddr, prefix: &str) -> Result<Vec<(String, u64)>> {
    let stats = Request::get(format!("/stats?filter=^{prefix}")).send(admin)?;
    let text = String::from_utf8_lossy(&stats.body);
    // Histograms have no value.
    let value = |line: &str| {
        let (name, value) = line.strip_prefix(prefix)?.split_once(": ")?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    Ok(text.lines().filter_map(value).collect())
}

/// Reads counters and gauges at one moment. `None` stands for a statistic that Envoy does not have.
pub(crate) fn statistics<const N: usize>(admin: SocketAddr, names: [&str; N]) -> Result<[Option<u64>; N]> {
    let stats = Request::get(format!("/stats?filter=^({})$", names.join("%7C"))).send(admin)?;
    let text = String::from_utf8_lossy(&stats.body);
    let mut values = [None; N];
    for (value, name) in values.iter_mut().zip(names) {
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        *value = found.map(str::parse).transpose().with_context(|| format!("{name} is not a number"))?;
    }
    Ok(values)
}
