//! Filters written with nothing but the proxy-wasm SDK: `crates/bench/plain`.

use harness::bootstrap::Filter;

use crate::job::{Form, Job};
use crate::row::{Modules, Row};

/// The modules, one for each job.
const MODULES: [(&str, Job, &str); 5] = [
    ("header-plain", Job::Header, "add_one_header"),
    ("five-plain", Job::FiveHeaders, "add_five_headers"),
    ("regex-plain", Job::Regex, "rewrite_by_regex"),
    ("bucket-plain", Job::Bucket, "limit_all"),
    ("address-plain", Job::Address, "limit_by_address"),
];

pub(super) fn rows(modules: &Modules) -> Vec<Row> {
    let row = |(id, job, module)| {
        let file = modules.plain.join(format!("{module}.wasm"));
        Row::new(id, job, Form::Plain, "").filter(Filter::new(module, &file, ""))
    };
    MODULES.map(row).into()
}
