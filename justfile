# The tasks of this repository. `just` alone lists them.

# `--workspace` gives the tools the features that the tests use, so that no dependency is compiled twice.
bin := "cargo build --quiet --workspace --bin"
tool := bin + " cargo-proxy-filter --no-default-features && target/debug/cargo-proxy-filter"
specialize-tool := bin + " cargo-proxy-filter --no-default-features --features cargo-proxy-filter/specialize && target/debug/cargo-proxy-filter"
registry-tool := bin + " cargo-proxy-filter && target/debug/cargo-proxy-filter"
xtask := bin + " xtask --no-default-features && target/debug/xtask"

# The crates to publish, each before those that depend on it.
published := "-p proxy-filter -p proxy-filter-module -p proxy-filter-specialize -p proxy-model -p proxy-filter-trial -p proxy-filter-envoy -p proxy-filter-test -p cargo-proxy-filter"

# The programs that these recipes start look here, as those do that cargo starts: see .cargo/config.toml.
export PROXY_FILTER_MODULES := env("PROXY_FILTER_MODULES", justfile_directory() / "target/filters")
export PROXY_FILTER_CACHE := env("PROXY_FILTER_CACHE", justfile_directory() / "target/parts")

[private]
default:
    @just --list --unsorted

# Fetch the programs of the demo and the tests into target/parts; `just setup demo` leaves out those of the tests
[group('use')]
setup *part:
    {{ xtask }} setup {{ part }}

# Build every filter into target/filters/<name>.wasm
[group('use')]
build:
    {{ tool }} build

# Make a module for one configuration: `just specialize add-header edge.json add-header-edge.wasm`
[group('use')]
specialize filter configuration output: build
    {{ specialize-tool }} specialize -p {{ filter }} {{ configuration }} --output {{ output }}

# `exec` replaces the shell, so a signal reaches the demo, which stops Envoy.
# Run every scenario in a real Envoy; --keep leaves it running
[group('use')]
demo *flags: (setup "demo") build
    {{ bin }} demo --no-default-features && exec target/debug/demo {{ flags }}

# Pack filters as images into target/oci/<name>, or one module: `just pack --module edge.wasm --name add-header-edge`
[group('ship')]
pack *flags: build
    {{ tool }} pack {{ flags }}

# Push images: `just publish registry.example.com/acme 0.1.0 [-p FILTER | --module FILE --name NAME] [--dry-run]`
[group('ship')]
publish registry *tag_and_flags: build
    {{ registry-tool }} publish {{ registry }} {{ tag_and_flags }}

# Pull an image and check that Istio, Envoy Gateway and Envoy accept it
[group('ship')]
verify reference: (setup "demo")
    {{ registry-tool }} verify {{ reference }}

# Copy the files of deploy/ that refer to images into target/manifests, with references and digests filled in
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

# Create a filter from a template: `just new my-filter [--tcp | --callout]`
[group('develop')]
new name *kind:
    {{ tool }} new {{ name }} {{ kind }}
    @echo 'in this repository: just test --package {{ name }}'

# Send a request or a TCP connection through a filter, and show what it changes: `just try rate-limit edge.yaml / --repeat 5`
[group('use')]
[positional-arguments]
try *arguments:
    {{ bin }} cargo-proxy-filter && target/debug/cargo-proxy-filter try "$@"

# Build the playground into target/playground, and serve it on loopback; --build-only does not serve it
[group('use')]
playground *flags: build
    {{ xtask }} playground {{ flags }}

# Check every configuration in files of Envoy, Istio or Envoy Gateway: `just check deploy`
[group('use')]
[positional-arguments]
check *files:
    {{ bin }} cargo-proxy-filter && target/debug/cargo-proxy-filter check "$@"

# Run all tests, or those that arguments of `cargo test` select: natively, in wasmtime, in a real Envoy
[group('develop')]
test *arguments: setup build
    {{ xtask }} test {{ arguments }}

# Run the behavior tests in wasmtime with modules that are made for the tests' configurations
[group('develop')]
test-specialized *arguments: build
    TEST_SPECIALIZED=1 cargo test --workspace --test behaviour {{ arguments }} -- ::wasm

# Test limits across two Envoys with envoyproxy/ratelimit on Redis; needs Go
[group('develop')]
test-global: build
    {{ xtask }} setup global
    cargo test --workspace --test global

# Test the crates as they would be published: follow the book from an empty folder to an image in a registry
[group('develop')]
test-packed: setup
    cargo test --workspace --test packed

# Test images and deploy/ with the code of Istio, Envoy Gateway and Kustomize, if Go is installed
[group('develop')]
test-consumers: build
    {{ xtask }} setup consumers
    cargo test --workspace --test consumers

# Test the playground in headless Chromium: examples as in wasmtime, the keyboard, axe; screenshots in target/screenshots; --short
[group('develop')]
test-playground *arguments: build
    {{ xtask }} test-playground {{ arguments }}

# Test `just release`: every file is present, and identical every time
[group('develop')]
test-release: build
    {{ xtask }} setup release
    cargo test --workspace --test assets

# Build a clone at another path and check that the images are identical
[group('develop')]
test-reproducible: build
    {{ tool }} reproduce

# Test `just new`: a filter of each template builds and passes its tests
[group('develop')]
test-new: setup build
    {{ xtask }} try-new

# Write config.schema.json and wrong-configurations.snap, which tests compare with: `just snapshots [FILTER...]`
[group('develop')]
snapshots *filters:
    {{ tool }} schema {{ prepend("--package=", filters) }}

# Build the book into target/book, with mdBook, which the first run compiles into target/parts
[group('develop')]
book:
    test -x target/parts/mdbook/bin/mdbook || \
        cargo install --quiet --locked --debug --no-track --root target/parts/mdbook \
        --no-default-features --features search mdbook@0.5.4
    target/parts/mdbook/bin/mdbook build docs

# Write the book's tables of what a real Envoy does, which tests compare with
[group('develop')]
book-tables: setup build
    UPDATE_SNAPSHOTS=1 {{ xtask }} test --package probe --package book

# Write the pages of the cookbook from crates/book/cookbook and crates/book/coming-from
[group('develop')]
cookbook:
    UPDATE_SNAPSHOTS=1 cargo test --quiet --workspace --test cookbook -- pages::

# Test every job of the cookbook in a real Envoy, in the forms that its page shows, and as other products do it
[group('develop')]
test-docs *arguments: setup build
    cargo test --workspace --test cookbook -- {{ arguments }}

# Measure what the filters cost in a real Envoy, compared with Lua and others, and write docs/cost.md; --short checks budgets
[group('develop')]
bench *flags: (setup "bench") build
    {{ bin }} bench --no-default-features && target/debug/bench {{ flags }}

# Check formatting, lints, docs, cycles, features and the packages
[group('develop')]
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy --workspace --test global --test consumers --test assets --test packed --test playground -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
    {{ xtask }} lint-wasm
    {{ xtask }} cycles
    {{ xtask }} workspace-hack
    cargo package {{ published }} --allow-dirty --no-verify --quiet

# Compare the APIs of proxy-filter, proxy-filter-test and proxy-model with those of the last tag, or of another revision
[group('develop')]
semver *revision:
    {{ xtask }} semver {{ revision }}

# Format the code
[group('develop')]
fmt:
    cargo fmt --all
