//! Random matchers of paths, as path-rewrite's rules and Envoy's routes express them.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::subject::any;

/// Paths that rules match.
const PATHS: [&str; 10] =
    ["/old", "/api/v1", "/banana", "/health", "/a", "/old/a", "/Old", "/a%2Fb", "/users", "/x.y/z_~-"];

/// A matcher in both configurations: fields of our rule, and of Envoy's route.
pub(crate) struct Matcher {
    pub(crate) ours: Value,
    pub(crate) native: Value,
    /// The names of its variables.
    pub(crate) variables: Vec<&'static str>,
}

/// Draws a path that a prefix or a whole path matches.
pub(crate) fn prefix_or_exact(random: &mut Rng, kind: &str) -> Matcher {
    let path = any(random, PATHS);
    let mut matcher = Matcher {
        ours: json!({kind: path}),
        native: json!({if kind == "prefix" { "path_separated_prefix" } else { "path" }: path}),
        variables: Vec::new(),
    };
    if random.bool() {
        matcher.ours["case_insensitive"] = true.into();
        matcher.native["case_sensitive"] = false.into();
    }
    matcher
}

/// Draws a path with variables.
pub(crate) fn template(random: &mut Rng) -> Matcher {
    let mut variables = Vec::new();
    let mut template = String::new();
    for name in ["id", "post", "x_1"].into_iter().take(random.usize(1..4)) {
        if random.bool() {
            template.push_str(any(random, ["/users", "/old", "/a", "/v1", "/x.y"]));
        }
        if random.u8(..4) > 0 {
            template.push_str(&format!("/{{{name}}}"));
            variables.push(name);
        }
    }
    if template.is_empty() {
        template.push_str("/old");
    }
    let policy = json!({
        "name": "envoy.path.match.uri_template.uri_template_matcher",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
            "path_template": template,
        },
    });
    Matcher { ours: json!({"template": template}), native: json!({"path_match_policy": policy}), variables }
}

/// Returns the fields of both.
pub(crate) fn merged(one: &Value, other: &Value) -> Value {
    let fields = [one, other].into_iter().filter_map(Value::as_object).flatten();
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}
