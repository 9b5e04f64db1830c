# What you can do here; `just` alone lists it.

# `--workspace` gives the tools the features that the tests use, so that no dependency is compiled twice.
bin := "cargo build --quiet --workspace --bin"
tool := bin + " cargo-proxy-filter --no-default-features && target/debug/cargo-proxy-filter"
registry-tool := bin + " cargo-proxy-filter && target/debug/cargo-proxy-filter"
xtask := bin + " xtask --no-default-features && target/debug/xtask"

[private]
default:
    @just --list --unsorted

# Fetch Envoy and httpbin into target/parts; `just setup demo` leaves out what only tests need
[group('use')]
setup *part:
    {{ xtask }} setup {{ part }}

# Build every filter into target/filters/<name>.wasm
[group('use')]
build:
    {{ tool }} build

# exec: a signal to the recipe's process reaches the demo, which ends Envoy, rather than a shell.
# Show every walk-through in a real Envoy; --keep leaves it running
[group('use')]
demo *flags: (setup "demo") build
    exec cargo run --quiet --package e2e --bin demo -- {{ flags }}

# Pack every filter as an image into target/oci/<name>
[group('ship')]
pack: build
    {{ tool }} pack

# Push images: `just publish registry.example.com/acme 0.1.0 [FILTER] [--dry-run]`
[group('ship')]
publish registry *tag_filter_flags: build
    {{ registry-tool }} publish {{ registry }} {{ tag_filter_flags }}

# Pull an image and check that Istio, Envoy Gateway and Envoy accept it
[group('ship')]
verify reference: (setup "demo")
    {{ registry-tool }} verify {{ reference }}

# Write the files of deploy/ that name images, with references and digests, into target/manifests
[group('ship')]
manifests registry tag: build
    {{ registry-tool }} manifests {{ registry }} {{ tag }}

# Set the version in every file that names it
[group('ship')]
version new:
    {{ tool }} version {{ new }}

# Write the files of a release into target/release-assets
[group('ship')]
release registry: build
    {{ xtask }} setup release
    {{ registry-tool }} release {{ registry }}

# Make a filter from the template: `just new my-filter`
[group('develop')]
new name:
    {{ tool }} new {{ name }}

# Run all tests, or those that arguments of `cargo test` choose: native, in wasmtime, in a real Envoy
[group('develop')]
test *arguments: setup build
    {{ xtask }} test {{ arguments }}

# Test limits over two Envoys with engines on Redis: Limitador, and envoyproxy/ratelimit if Go is installed
[group('develop')]
test-global: build
    {{ xtask }} setup global
    cargo test --workspace --test global

# Test images and deploy/ with the code of Istio, Envoy Gateway and Kustomize, if Go is installed
[group('develop')]
test-consumers: build
    {{ xtask }} setup consumers
    cargo test --workspace --test consumers

# Test `just release`: every file is there, and the same every time
[group('develop')]
test-release: build
    {{ xtask }} setup release
    cargo test --workspace --test assets

# Build a clone at another path and check that it gives the same images
[group('develop')]
test-reproducible: build
    {{ tool }} reproduce

# Test `just new`: what it makes builds and passes its tests
[group('develop')]
test-new: setup build
    {{ xtask }} try-new

# Write what tests compare with: each filter's config.schema.json and wrong-configurations.snap
[group('develop')]
snapshots:
    UPDATE_SCHEMAS=1 cargo test --quiet --workspace --lib the_schema_is_that_of_the_configuration
    INSTA_UPDATE=always cargo test --quiet --workspace --lib wrong_configurations_name_the_place_and_the_cure

# Show what requests cost in the built filters, against their budgets; part of `just test`
[group('develop')]
bench: build
    cargo test --quiet --workspace --test budgets

# Check formatting and lints
[group('develop')]
lint:
    cargo fmt --all --check
    cargo fmt --manifest-path crates/limitador-redis/Cargo.toml --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy --workspace --test global --test consumers --test assets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
    {{ xtask }} lint-wasm
    {{ xtask }} doc-examples
    {{ xtask }} features
    cargo package --package proxy-filter --allow-dirty --quiet

# Format the code
[group('develop')]
fmt:
    cargo fmt --all
