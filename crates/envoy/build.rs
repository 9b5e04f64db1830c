//! Looks for Envoy, and tells the build scripts of crates that depend on this one what is missing: they read it from
//! `DEP_PROXY_FILTER_ENVOY_MISSING`, which is empty if nothing is.

#[path = "src/locate.rs"]
mod locate;

fn main() {
    for variable in locate::VARIABLES {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    // Cargo runs this again at every build while a file is missing, so it watches the directory if that exists.
    let (envoy, cache) = (locate::envoy(), locate::cache());
    let watched = if envoy.exists() || !cache.exists() { envoy } else { cache };
    println!("cargo::rerun-if-changed={}", watched.display());
    println!("cargo::rerun-if-changed=src/locate.rs");
    println!("cargo::metadata=missing={}", locate::find().err().unwrap_or_default());
}
