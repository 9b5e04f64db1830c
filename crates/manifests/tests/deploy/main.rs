//! Every file of `deploy/` is what its consumers take, and does what its README says.

mod complete;
mod dynamic;
mod envoys;
mod kinds;
mod mounts;
mod types;

use std::process::ExitCode;

use harness::parts;
use harness::suite::{self, Case};

const TESTS: [Case; 11] = [
    ("every_kind_of_kubernetes_is_as_its_schema_says", kinds::strict),
    ("a_misspelt_field_is_found", kinds::misspelt),
    ("containers_without_capabilities_run_as_a_user", kinds::users),
    ("the_compose_file_is_as_its_schema_says", kinds::compose),
    ("every_filter_has_its_files", complete::files),
    ("versions_in_deploy_are_these", complete::versions),
    ("manifests_are_written_with_references_and_digests", complete::filled),
    ("every_plugins_configuration_is_accepted_by_its_filter", envoys::plugins),
    ("every_envoy_filter_runs_in_a_real_envoy", envoys::patches),
    ("envoy_takes_up_each_filter_from_files", dynamic::taken_up),
    ("envoys_beside_and_before_httpbin_run", envoys::bootstraps),
];

fn main() -> ExitCode {
    let missing = parts::missing_for_e2e();
    suite::run_cases(&TESTS, missing.as_deref())
}
