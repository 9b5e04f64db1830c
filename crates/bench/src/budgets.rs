//! The budgets. A ratio compares what requests cost over Envoy without a filter, so that a budget holds on any machine.

use crate::job::Form;

/// The instructions of a row compared with those of another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    /// The row that has the budget.
    pub(crate) row: &'static str,
    /// The highest ratio.
    pub(crate) limit: f64,
    /// The row that it is compared with.
    pub(crate) of: &'static str,
}

/// The budgets of instructions.
pub(crate) const RATIOS: [Ratio; 13] = [
    Ratio { row: "header-ours", limit: 1.03, of: "header-lua" },
    Ratio { row: "header-specialized", limit: 0.90, of: "header-lua" },
    Ratio { row: "five-ours", limit: 1.25, of: "five-lua" },
    Ratio { row: "regex-ours", limit: 1.65, of: "regex-lua" },
    Ratio { row: "prefix-ours", limit: 1.55, of: "prefix-lua" },
    Ratio { row: "prefix-ours-reverse", limit: 1.60, of: "prefix-ours" },
    Ratio { row: "edit-ours", limit: 1.72, of: "edit-lua" },
    Ratio { row: "bucket-ours", limit: 4.35, of: "bucket-native" },
    Ratio { row: "address-ours", limit: 0.96, of: "address-plain" },
    Ratio { row: "address-ours-lease", limit: 5.2, of: "address-native" },
    Ratio { row: "address-ours-tiers", limit: 1.35, of: "address-ours" },
    Ratio { row: "address-ours-failures", limit: 1.28, of: "address-ours" },
    Ratio { row: "address-ours-in-flight", limit: 1.40, of: "address-ours" },
];

/// How much more than its limit a ratio may be before `just bench --short` fails: the counts vary by 0.2 %, and
/// compilers differ.
pub(crate) const TOLERANCE: f64 = 1.03;

/// What a module is loaded as.
#[derive(Clone, Copy, Debug)]
pub(crate) enum As {
    /// As in this row.
    Row(&'static str),
    /// As an HTTP filter with this configuration.
    Http(&'static str),
    /// As a TCP filter with this configuration.
    Tcp(&'static str),
}

/// What loading a module may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Module {
    pub(crate) filter: &'static str,
    pub(crate) form: Form,
    pub(crate) loaded: As,
    /// Size in KB (1000 bytes).
    pub(crate) kilobytes: Option<f64>,
    /// The CPU time until Envoy is ready, over Envoy without a filter, compared with that of [`REFERENCE`].
    pub(crate) load: Option<f64>,
    /// Resident memory in MB (1,000,000 bytes), over Envoy without a filter.
    pub(crate) megabytes: Option<f64>,
}

/// The module that loading is compared with: one response header with the plain SDK.
pub(crate) const REFERENCE: &str = "add_one_header";

/// The budgets of modules.
pub(crate) const MODULES: [Module; 10] = [
    Module {
        filter: "add-header",
        form: Form::Ours,
        loaded: As::Row("header-ours"),
        kilobytes: Some(207.0),
        load: Some(2.4),
        megabytes: Some(35.0),
    },
    Module {
        filter: "add-header",
        form: Form::Specialized,
        loaded: As::Row("header-specialized"),
        kilobytes: None,
        load: Some(1.3),
        megabytes: None,
    },
    Module {
        filter: "path-rewrite",
        form: Form::Ours,
        loaded: As::Row("regex-ours"),
        kilobytes: Some(575.0),
        load: Some(6.1),
        megabytes: Some(48.0),
    },
    Module {
        filter: "path-rewrite",
        form: Form::Specialized,
        loaded: As::Row("regex-specialized"),
        kilobytes: None,
        load: None,
        megabytes: None,
    },
    Module {
        filter: "rate-limit",
        form: Form::Ours,
        loaded: As::Row("address-ours"),
        kilobytes: Some(330.0),
        load: Some(3.4),
        megabytes: Some(38.0),
    },
    Module {
        filter: "add-header-edit",
        form: Form::Ours,
        loaded: As::Row("edit-ours"),
        kilobytes: Some(575.0),
        load: Some(6.1),
        megabytes: Some(48.0),
    },
    Module {
        filter: "path-rewrite-reverse",
        form: Form::Ours,
        loaded: As::Row("prefix-ours-reverse"),
        kilobytes: Some(608.0),
        load: Some(6.4),
        megabytes: Some(50.0),
    },
    Module {
        filter: "rate-limit-body",
        form: Form::Ours,
        loaded: As::Http(
            r#"{"rules": [{"key": [], "limit": 1000, "period": "1s", "cost": {"response_json": "/a"}}]}"#,
        ),
        kilobytes: Some(346.0),
        load: Some(3.7),
        megabytes: Some(40.0),
    },
    Module {
        filter: "rate-limit-tcp",
        form: Form::Ours,
        loaded: As::Tcp(r#"{"rules": [{"limit": 1000, "period": "1s"}]}"#),
        kilobytes: Some(177.0),
        load: None,
        megabytes: None,
    },
    Module {
        filter: "tcp-prepend",
        form: Form::Ours,
        loaded: As::Tcp(""),
        kilobytes: Some(161.0),
        load: None,
        megabytes: None,
    },
];
