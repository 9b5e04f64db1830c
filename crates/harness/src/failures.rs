//! What an Envoy's log says if a filter or Envoy itself has failed.

use proxy_filter_envoy::Envoy;

/// Parts of such lines.
const PARTS: [&str; 5] = ["Function: ", "[critical]", "panicked", "Plugin is failed", "Assertion"];

/// The most lines that are returned.
const MOST: usize = 5;

/// Returns the first lines of an Envoy's log that tell of failures.
pub fn logged(envoy: &Envoy) -> Vec<String> {
    let log = envoy.log();
    let tells = |line: &&str| PARTS.iter().any(|part| line.contains(part));
    log.lines().filter(tells).take(MOST).map(str::to_owned).collect()
}
