//! Filters with configurations, in proxies.

use std::rc::Rc;

use proxy_filter::sys::LogLevel;
use proxy_model::{Plugin, Proxy};
use serde_json::Value;

use crate::configurations::{idle, rich};
use crate::filters::Filter;
use crate::script::Script;

/// A configuration of a filter.
pub struct Configuration {
    pub json: String,
    /// Whether it changes nothing.
    pub is_idle: bool,
    /// A proxy for all inputs, if the filter keeps nothing from one stream to the next. To load a filter takes longer than to
    /// send it a request.
    pub shared: Option<Loaded>,
}

/// A filter in a proxy.
pub struct Loaded {
    pub proxy: Proxy,
    pub plugin: Plugin,
    pub script: Rc<Script>,
    /// Callbacks that may have ended calls which the host goes on with, because they had the tokens of these.
    pub forged: usize,
}

/// Returns the configurations that a filter is sent exchanges with.
///
/// # Panics
/// The filter refuses one.
pub fn configurations(filter: &'static Filter) -> Vec<Configuration> {
    let active = filter.configurations().chain(rich(filter.name)).map(|json| (json, false));
    let all = active.chain(idle(filter.name).map(|json| (json, true)));
    let configuration = |(json, is_idle)| {
        let json = with_small_tables(json);
        assert_eq!(filter.refuses(&json), None, "{json}");
        let counts = filter.name.starts_with("rate-limit");
        let shared = (!counts).then(|| Loaded::new(filter, &json));
        Configuration { json, is_idle, shared }
    };
    all.map(configuration).collect()
}

/// Makes the tables of rate-limit's rules small: most of the time would pass with making them.
fn with_small_tables(json: &str) -> String {
    let mut tree: Value = serde_json::from_str(json).expect("configurations are JSON");
    for rule in tree.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten() {
        if rule.get("key").and_then(Value::as_array).is_some_and(|key| !key.is_empty()) {
            rule["slots"] = 8.into();
        }
    }
    tree.to_string()
}

impl Loaded {
    /// Loads a configuration that the filter does not refuse.
    ///
    /// # Panics
    /// It does.
    pub fn new(filter: &Filter, json: &str) -> Self {
        let script = Rc::new(Script::default());
        let proxy = filter.proxy(2, &script);
        // The model keeps what is logged, and adds lines of its own.
        proxy.set_log_level(LogLevel::Off);
        let plugin = proxy.load(json, "plugin").expect("it was loaded before");
        Self { proxy, plugin, script, forged: 0 }
    }
}
