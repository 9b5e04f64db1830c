# What one can do here; `just` alone lists it.

[private]
default:
    @just --list --unsorted

# Build every filter into target/filters/<name>.wasm
build:
    cargo xtask build

# Fetch Envoy and httpbin into target/parts; `just setup demo` leaves out what the tests alone need
setup *part:
    cargo xtask setup {{ part }}

# exec: a signal to the recipe's process reaches the demo, which ends Envoy, rather than a shell.
# Show every scenario in a real Envoy; --keep leaves it running
demo *flags: (setup "demo") build
    exec cargo run --quiet --package harness --bin demo -- {{ flags }}

# Pack every filter as an image into target/oci/<name>, the same bytes wherever it is packed
pack: build
    cargo run --quiet --package images -- pack

# Publish images: `just publish registry.example.com/acme 0.1.0`; without a filter all; --dry-run only shows them
publish registry *tag_filter_flags: build
    cargo run --quiet --package images -- publish {{ registry }} {{ tag_filter_flags }}

# Pull an image, and look at it as Istio's agent, Envoy Gateway and Envoy do
verify reference: (setup "demo")
    cargo run --quiet --package images -- verify {{ reference }}

# Write the files of deploy/ that name images into target/manifests, with their references and digests
manifests registry tag: build
    cargo run --quiet --package manifests -- {{ registry }} {{ tag }}

# Set the version, wherever it stands
version new:
    cargo xtask version {{ new }}

# Write what belongs to a release into target/release-assets: modules, checksums, digests, manifests, contents
release registry: build
    cargo xtask setup release
    cargo run --quiet --package release -- {{ registry }}

# Run all tests, or those that arguments of `cargo test` choose: native, in wasmtime, in a real Envoy
test *arguments: setup build
    cargo xtask test {{ arguments }}

# Test limits across two Envoys with envoyproxy/ratelimit on Redis; needs Go
test-global: build
    cargo xtask setup global
    cargo test --workspace --test global

# Look at images and deploy/ with the code of Istio, Envoy Gateway and Kustomize, where there is Go
test-consumers: build
    cargo xtask setup consumers
    cargo test --workspace --test consumers

# Try `just release`: all must be there, and the same every time
test-release: build
    cargo xtask setup release
    cargo test --workspace --test assets

# Build a clone at another path: it must give the same images, byte for byte
test-reproducible: build
    cargo run --quiet --package images -- reproduce

# Make a filter from a template, for example `just new my-filter`
new name:
    cargo xtask new {{ name }}

# Try `just new` in a scratch copy: what it makes must build and pass its tests
test-new: setup build
    cargo xtask try-new

# Write config.schema.json and wrong-configurations.snap, which tests compare with: `just snapshots add-header`, or of all
snapshots *filters:
    cargo xtask snapshots {{ filters }}

# Show what requests cost in the built filters, of their budgets; a part of `just test`
bench: build
    cargo test --quiet --workspace --test budgets

# Check formatting, lints, docs, features and the package
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy --workspace --test global --test consumers --test assets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
    cargo xtask lint-wasm
    cargo xtask circles
    cargo xtask workspace-hack
    cargo package --package proxy-filter --allow-dirty --no-verify --quiet

# Format the code
fmt:
    cargo fmt --all
