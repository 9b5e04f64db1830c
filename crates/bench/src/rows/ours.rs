//! The filters of this repository.

use harness::bootstrap::Filter;

use crate::job::{Form, Job};
use crate::row::{Modules, Row};

const ONE_HEADER: &str = r#"{"response": [{"name": "x-a", "value": "1"}]}"#;

const FIVE_HEADERS: &str = r#"{"response": [
    {"name": "x-a", "value": "1"}, {"name": "x-b", "value": "2"}, {"name": "x-c", "value": "3"},
    {"name": "x-d", "value": "4"}, {"name": "x-e", "value": "5"}
]}"#;

const REGEX: &str = r#"{"rules": [{"regex": "banana/([0-9]*)", "replace": "status/$1"}]}"#;

const PREFIX: &str = r#"{"rules": [{"prefix": "/banana", "replace": "/status"}]}"#;

// The slice of a lease that a worker takes lasts as long as its tokens take to come back.
const BUCKET: &str =
    r#"{"rules": [{"key": [], "limit": 1000, "period": "1s", "burst": 1000000, "lease": 100}]}"#;

const ADDRESS: &str =
    r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 1000, "period": "1s", "burst": 1000000}]}"#;

const ADDRESS_LEASE: &str = r#"{"rules": [
    {"key": [{"client_ip": {}}], "limit": 1000, "period": "1s", "burst": 1000000, "lease": 20}
]}"#;

pub(super) fn rows(modules: &Modules) -> Vec<Row> {
    let row = |id, job, detail, module: &'static str, configuration| {
        let file = modules.ours.join(format!("{module}.wasm"));
        Row::new(id, job, Form::Ours, detail).filter(Filter::of_file(module, &file, configuration))
    };
    vec![
        row("header-ours", Job::Header, "", "add-header", ONE_HEADER),
        row("five-ours", Job::FiveHeaders, "", "add-header", FIVE_HEADERS),
        row("regex-ours", Job::Regex, "", "path-rewrite", REGEX),
        row("prefix-ours", Job::Prefix, "", "path-rewrite", PREFIX),
        row("bucket-ours", Job::Bucket, "lease 100", "rate-limit", BUCKET),
        row("address-ours", Job::Address, "exact", "rate-limit", ADDRESS),
        row("address-ours-lease", Job::Address, "lease 20", "rate-limit", ADDRESS_LEASE),
    ]
}
