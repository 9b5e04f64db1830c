//! Checks that consumers accept every file of `deploy/`, and that each does what its README says.

mod capabilities;
mod complete;
mod dynamic;
mod envoys;
mod mounts;
mod policies;
mod schemas;

use harness::parts;
use harness::suite::Case;

/// Tests that read files.
pub(crate) const STATIC: [Case; 5] = [
    ("deploy::every_file_matches_its_schema", schemas::strict),
    ("deploy::a_misspelt_field_is_found_at_every_level", schemas::misspelt),
    ("deploy::containers_without_capabilities_run_as_a_user", schemas::users),
    ("deploy::versions_are_current", complete::versions),
    ("deploy::every_filter_has_a_failure_policy_and_the_reason", policies::reasons),
];

/// Tests that run Envoy, or read the built modules.
pub(crate) const RUN: [Case; 7] = [
    ("deploy::every_file_allows_its_modules_what_they_need", capabilities::exact),
    ("deploy::every_filter_has_its_files", complete::files),
    ("deploy::manifests_have_references_and_digests", complete::pinned),
    ("deploy::every_plugins_configuration_is_accepted_by_its_filter", envoys::plugins),
    ("deploy::every_envoy_filter_runs_in_a_real_envoy", envoys::patches),
    ("deploy::envoy_loads_each_filter_from_files", dynamic::reloaded),
    ("deploy::envoys_beside_and_in_front_of_httpbin_run", envoys::bootstraps),
];

pub(crate) fn missing() -> Option<String> {
    parts::missing_for_demo()
}
