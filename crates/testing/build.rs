//! Sets the cfg `envoy_is_missing`, with which the tests that need Envoy are ignored. In CI nothing is ignored: without Envoy
//! those tests fail, and so they do if `ENVOY` names a file that does not exist.

use std::env;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(envoy_is_missing)");
    println!("cargo::rerun-if-env-changed=CI");
    println!("cargo::rerun-if-env-changed=ENVOY");
    println!("cargo::rerun-if-changed=build.rs");
    // From the build script of proxy-filter-envoy.
    let missing = env::var_os("DEP_PROXY_FILTER_ENVOY_MISSING").is_some_and(|missing| !missing.is_empty());
    if missing && env::var_os("CI").is_none() && env::var_os("ENVOY").is_none() {
        println!("cargo::rustc-cfg=envoy_is_missing");
    }
}
