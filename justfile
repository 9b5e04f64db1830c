# The tasks of this repository. `just` alone says where to begin, `just --list` lists all.

welcome := '''
Envoy filters as .wasm files. Where to begin:

    just demo                                      see what each filter does, in a real Envoy
    just try add-header hi /                       see what a configuration does to a request, without deploying it
    just build                                     build target/filters/*.wasm
    just publish registry.example.com/acme 0.1.0   push each filter as an image to your registry

`just --list` has everything else: more to use and publish filters, and to develop and test them.
'''

# The first build takes minutes, so it shows its progress.
quiet := if path_exists(justfile_directory() / "target/debug/xtask") == "true" { "--quiet" } else { "" }

# `--workspace` gives the tools the features that the tests use, so that no dependency is compiled twice.
bin := "cargo build " + quiet + " --workspace --bin"
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
    @printf %s {{ quote(welcome) }}

# Fetch the programs that demo and tests need: `just setup [demo]`
[group('use')]
setup *part:
    {{ xtask }} setup {{ part }}

# Build every filter into target/filters/<name>.wasm
[group('use')]
build:
    {{ tool }} build

# Make a module for one configuration, smaller and faster to load
[group('use')]
specialize filter configuration output: build
    {{ specialize-tool }} specialize -p {{ filter }} {{ configuration }} --output {{ output }}

# `exec` replaces the shell, so a signal reaches the demo, which stops Envoy.
# Show what each filter does, in a real Envoy; --keep leaves it running
[group('use')]
demo *flags: (setup "demo") build
    {{ bin }} demo --no-default-features && exec target/debug/demo {{ flags }}

# Pack filters, or one module, as images into target/oci
[group('publish')]
pack *flags: build
    {{ tool }} pack {{ flags }}

# Push filters, or one module, as images; --sign KEY signs them, --dry-run pushes nothing
[group('publish')]
publish registry *tag_and_flags: build
    {{ registry-tool }} publish {{ registry }} {{ tag_and_flags }}

# Pull an image and check that every runtime accepts it; --key PUBLIC checks its signature
[group('publish')]
verify reference *flags: (setup "demo")
    {{ registry-tool }} verify {{ reference }} {{ flags }}

# Copy the files of deploy/ with references to your images and digests
[group('publish')]
manifests registry tag: build
    {{ registry-tool }} manifests {{ registry }} {{ tag }}

# Set the version in every file that names it
[group('publish')]
version new:
    {{ tool }} version {{ new }}

# Write the files of a release into target/release-assets
[group('publish')]
release registry: build
    {{ xtask }} setup release
    {{ registry-tool }} release {{ registry }}

# Create a filter from a template: `just new my-filter [--tcp | --callout]`
[group('develop')]
new name *kind:
    {{ tool }} new {{ name }} {{ kind }}
    @echo 'in this repository: just test --package {{ name }}'

# Send a request or a TCP connection through a filter, and show what changes
[group('use')]
[positional-arguments]
try *arguments:
    {{ bin }} cargo-proxy-filter && target/debug/cargo-proxy-filter try "$@"

# Try configurations in a page: build it and serve it on loopback; --build-only only builds it
[group('use')]
playground *flags: build
    {{ xtask }} playground {{ flags }}

# Check the configurations in files of Envoy, Istio or Envoy Gateway
[group('use')]
[positional-arguments]
check *files:
    {{ bin }} cargo-proxy-filter && target/debug/cargo-proxy-filter check "$@"

# Run all tests, or those that arguments of `cargo test` select
[group('test')]
test *arguments: setup build
    {{ xtask }} test {{ arguments }}

# Test in each supported version of Envoy, or in these: `just test-matrix [--short] [VERSION...]`
[group('test')]
test-matrix *arguments: setup build
    {{ xtask }} test-matrix {{ arguments }}

# Run the behavior tests with modules made for their configurations; `--skip as_` omits those that two modules share
[group('test')]
test-specialized *arguments: build
    TEST_SPECIALIZED=1 cargo test --workspace --test behaviour -- ::wasm {{ arguments }}

# Send millions of requests through all filters: memory, CPU time and latency must not grow; --short takes seconds
[group('test')]
soak *requests: (setup "demo") build
    {{ bin }} soak --no-default-features && target/debug/soak {{ requests }}

# Compare the filters with Envoy's own, with random rules: `just test-native [--minutes N | --rounds N] [--seed S] [NAME]`
[group('test')]
test-native *arguments='--minutes 10': setup build
    cargo test --workspace --test native -- {{ arguments }}

# `just test` runs shorter ones, without LONG.
# Try every interleaving of workers that share limits, in long runs; prints states and seconds
[group('test')]
explore *names="explore":
    LONG=1 cargo test --package limits --package rate-limit --lib {{ names }} -- --nocapture --test-threads 1

# Test limits across two Envoys with a rate limit service; needs Go
[group('test')]
test-global: build
    {{ xtask }} setup global
    cargo test --workspace --test global

# Test the crates as published: follow the book from an empty folder
[group('test')]
test-packed: setup
    cargo test --workspace --test packed

# Test images and deploy/ with code of Istio and others; needs Go
[group('test')]
test-consumers: build
    {{ xtask }} setup consumers
    cargo test --workspace --test consumers --test grafana

# Test the playground in headless Chromium; screenshots are in target/screenshots
[group('test')]
test-playground *arguments: build
    {{ xtask }} test-playground {{ arguments }}

# Test `just release`: files are complete, and the same every time
[group('test')]
test-release: build
    {{ xtask }} setup release
    cargo test --workspace --test assets

# Build a clone at another path and check that the images are identical
[group('test')]
test-reproducible: build
    {{ tool }} reproduce

# Fuzz the targets of crates/fuzz, for a minute together: `just fuzz [--all SECONDS | TARGET SECONDS]`
[group('test')]
fuzz *arguments:
    {{ xtask }} fuzz {{ arguments }}

# Copy the inputs that fuzzing found into crates/fuzz/corpus: up to 50 of a target, those that reach most
[group('develop')]
keep-fuzz *targets:
    {{ xtask }} keep-fuzz {{ targets }}

# Test `just new`: a filter of each template builds and passes its tests
[group('test')]
test-new: setup build
    {{ xtask }} try-new

# Test config.schema.json with editors' language services; needs Node.js or PyPI
[group('test')]
test-editors:
    {{ xtask }} test-editors

# Write config.schema.json and other files that tests compare with
[group('develop')]
snapshots *filters:
    {{ tool }} schema {{ prepend("--package=", filters) }}

# Restrict modules to what they need, in the files of deploy/
[group('develop')]
capabilities: build
    {{ tool }} restrict

# Build the book into target/book
[group('develop')]
book:
    test -x target/parts/mdbook/bin/mdbook || \
        cargo install --quiet --locked --debug --no-track --root target/parts/mdbook \
        --no-default-features --features search mdbook@0.5.4
    target/parts/mdbook/bin/mdbook build docs

# Write the book's tables, which tests compare with
[group('develop')]
book-tables: setup build
    export UPDATE_SNAPSHOTS=1 && {{ xtask }} test --package probe --package book

# Write the cookbook and coming-from.md from their sources in crates/book
[group('develop')]
cookbook:
    UPDATE_SNAPSHOTS=1 cargo test --quiet --workspace --test cookbook -- pages::

# Test every job of the cookbook in a real Envoy, and those of other products; the playground in headless Chromium
[group('test')]
test-docs *flags: setup build
    cargo test --workspace --test cookbook
    {{ xtask }} test-playground {{ flags }}

# Measure what filters cost, and write docs/cost.md; --short checks budgets
[group('develop')]
bench *flags: (setup "bench") build
    {{ bin }} bench --no-default-features && target/debug/bench {{ flags }}

# Check formatting, lints, docs, cycles, features and the packages
[group('test')]
lint:
    cargo fmt --all --check
    cargo fmt --manifest-path crates/fuzz/Cargo.toml --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy --workspace --test global --test consumers --test grafana --test assets --test packed --test playground --test browser --test versions -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
    {{ xtask }} lint-wasm
    {{ xtask }} cycles
    {{ xtask }} workspace-hack
    cargo package {{ published }} --allow-dirty --no-verify --quiet

# Check the dependencies' licenses, sources and known vulnerabilities
[group('test')]
deny:
    {{ xtask }} deny

# Renew the copied advisories from a clone of https://github.com/RustSec/advisory-db
[group('develop')]
advisories clone:
    {{ xtask }} advisories {{ clone }}

# Run unit tests in Miri, which finds undefined behavior: `just miri [proxy-filter template::]`; SEED repeats a run
[group('test')]
miri *tests:
    {{ xtask }} miri {{ tests }}

# Compare the public APIs with those of the last tag, or of a revision
[group('test')]
semver *revision:
    {{ xtask }} semver {{ revision }}

# Format the code
[group('develop')]
fmt:
    cargo fmt --all
    cargo fmt --manifest-path crates/fuzz/Cargo.toml
