//! Checks that every filter in a file says what happens if it fails.

use anyhow::{Result, ensure};
use cargo_proxy_filter::manifests::file::below;
use cargo_proxy_filter::project::Project;

/// The fields that name a filter, and those of its failure policy with their values.
const POLICIES: [(&str, &str); 3] = [
    ("root_id:", "failure_policy: FAIL_RELOAD"),
    ("pluginName:", "failStrategy: FAIL_RELOAD"),
    ("rootID:", "failOpen: false"),
];

/// How the line of a comment begins that says why a policy is closed.
const REASON: &str = "# Failing open would ";

/// Every filter has the policy that restarts it, or else closes, and the file says why.
pub(crate) fn reasons() -> Result<()> {
    let mut found = 0_usize;
    for file in below(&Project::find()?.root().join("deploy"), "")? {
        let path = file.path.display();
        for (name, policy) in POLICIES {
            let (filters, policies) = (file.text.matches(name).count(), file.text.matches(policy).count());
            ensure!(filters == policies, "deploy/{path}: {filters} filters, {policies} with `{policy}`");
            let Some((before, _)) = file.text.split_once(policy) else { continue };
            let mut comment = before.lines().rev().skip(1).take_while(|line| line.trim().starts_with('#'));
            ensure!(
                comment.any(|line| line.trim().starts_with(REASON)),
                "deploy/{path} does not say why it has `{policy}`: write `{REASON}...` before it"
            );
            found = found.saturating_add(policies);
        }
    }
    ensure!(found > 25, "only {found} filters have a policy");
    println!("{found} filters have a failure policy");
    Ok(())
}
