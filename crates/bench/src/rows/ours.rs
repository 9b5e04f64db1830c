//! The filters of this repository, as they are and made for a configuration.

use harness::bootstrap::Filter;
use serde_json::json;

use crate::job::{Form, Job};
use crate::row::{Modules, Row};

const ONE_HEADER: &str = r#"{"response": [{"name": "x-a", "value": "1"}]}"#;

const FIVE_HEADERS: &str = r#"{"response": [
    {"name": "x-a", "value": "1"}, {"name": "x-b", "value": "2"}, {"name": "x-c", "value": "3"},
    {"name": "x-d", "value": "4"}, {"name": "x-e", "value": "5"}
]}"#;

// The upstream shows the request's target in this header.
const EDIT: &str = r#"{"response": [
    {"action": "edit", "name": "x-target", "regex": "banana/([0-9]*)", "replace": "status/$1"}
]}"#;

const REGEX: &str = r#"{"rules": [{"regex": "banana/([0-9]*)", "replace": "status/$1"}]}"#;

const PREFIX: &str = r#"{"rules": [{"prefix": "/banana", "replace": "/status"}]}"#;

const WAY_BACK: &str = r#"{"rules": [{"prefix": "/banana", "replace": "/status", "reverse": true}]}"#;

// The slice of a lease that a worker takes lasts as long as its tokens take to come back.
const BUCKET: &str =
    r#"{"rules": [{"key": [], "limit": 1000, "period": "1s", "burst": 1000000, "lease": 100}]}"#;

const ADDRESS: &str =
    r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 1000, "period": "1s", "burst": 1000000}]}"#;

const ADDRESS_LEASE: &str = r#"{"rules": [
    {"key": [{"client_ip": {}}], "limit": 1000, "period": "1s", "burst": 1000000, "lease": 20}
]}"#;

const ADDRESS_TIERS: &str = r#"{"rules": [{
    "key": [{"client_ip": {}}],
    "limits": {
        "by": {"header": "user-agent"},
        "of": {"bench": {"limit": 1000, "burst": 1000000}},
        "else": {"limit": 1}
    },
    "period": "1s"
}]}"#;

const ADDRESS_FAILURES: &str = r#"{"rules": [{
    "key": [{"client_ip": {}}], "limit": 1000, "period": "1s", "burst": 1000000,
    "count": {"when": {"status": 401}}
}]}"#;

const ADDRESS_IN_FLIGHT: &str = r#"{"rules": [{"key": [{"client_ip": {}}], "concurrency": 1000}]}"#;

/// A job of one of the filters.
pub(crate) struct Ours {
    id: &'static str,
    job: Job,
    detail: &'static str,
    pub(crate) filter: &'static str,
    pub(crate) configuration: &'static str,
    /// The id of the row with a module that is made for this configuration.
    pub(crate) specialized: Option<&'static str>,
}

/// All jobs.
pub(crate) const ALL: [Ours; 12] = [
    ours("header-ours", Job::Header, "", "add-header", ONE_HEADER, Some("header-specialized")),
    ours("five-ours", Job::FiveHeaders, "", "add-header", FIVE_HEADERS, Some("five-specialized")),
    ours("edit-ours", Job::Edit, "", "add-header-edit", EDIT, None),
    ours("regex-ours", Job::Regex, "", "path-rewrite", REGEX, Some("regex-specialized")),
    ours("prefix-ours", Job::Prefix, "", "path-rewrite", PREFIX, Some("prefix-specialized")),
    ours("prefix-ours-reverse", Job::Prefix, "with the way back", "path-rewrite-reverse", WAY_BACK, None),
    ours("bucket-ours", Job::Bucket, "lease 100", "rate-limit", BUCKET, Some("bucket-specialized")),
    ours("address-ours", Job::Address, "exact", "rate-limit", ADDRESS, Some("address-specialized")),
    ours("address-ours-lease", Job::Address, "lease 20", "rate-limit", ADDRESS_LEASE, None),
    ours("address-ours-tiers", Job::Address, "by a table", "rate-limit", ADDRESS_TIERS, None),
    ours("address-ours-failures", Job::Address, "failures only", "rate-limit", ADDRESS_FAILURES, None),
    ours("address-ours-in-flight", Job::Address, "in flight", "rate-limit", ADDRESS_IN_FLIGHT, None),
];

const fn ours(
    id: &'static str,
    job: Job,
    detail: &'static str,
    filter: &'static str,
    configuration: &'static str,
    specialized: Option<&'static str>,
) -> Ours {
    Ours { id, job, detail, filter, configuration, specialized }
}

pub(super) fn rows(modules: &Modules) -> Vec<Row> {
    let ours = ALL.iter().map(|ours| {
        let file = modules.ours.join(format!("{}.wasm", ours.filter));
        let filter = Filter::new(ours.filter, &file, ours.configuration);
        let row = Row::new(ours.id, ours.job, Form::Ours, ours.detail).filter(filter);
        if ours.job == Job::Edit { row.upstream(json!({})) } else { row }
    });
    let specialized = ALL.iter().filter_map(|ours| {
        let (folder, id) = (modules.specialized.as_ref()?, ours.specialized?);
        let filter = Filter::new(id, &folder.join(format!("{id}.wasm")), "");
        Some(Row::new(id, ours.job, Form::Specialized, ours.detail).filter(filter))
    });
    ours.chain(specialized).collect()
}
