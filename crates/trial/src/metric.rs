//! Names of metrics, as Prometheus shows them.

/// Returns the name that Prometheus shows for a metric of a filter, with the labels that the bootstraps of `deploy/` extract:
/// `rate_limit_allowed{rule="per-ip"}` for `rate_limit.allowed.filter.NAME.rule.per-ip`. Leaves out the label `filter`, which
/// all metrics of a plugin share.
pub(crate) fn prometheus_name(name: &str) -> String {
    let parts: Vec<_> = name.split('.').collect();
    match parts.as_slice() {
        [filter, metric, "filter", _, label @ ("rule" | "direction"), value, rest @ ..] => {
            format!("{}{{{label}=\"{value}\"}}", joined(&[&[*filter, *metric], rest].concat()))
        }
        [filter, metric, "filter", _, rest @ ..] => joined(&[&[*filter, *metric], rest].concat()),
        all => joined(all),
    }
}

/// Joins the parts of a name, and replaces the characters that names in Prometheus do not have.
fn joined(parts: &[&str]) -> String {
    let is_kept = |character: char| character.is_ascii_alphanumeric() || character == '_';
    parts.join("_").replace(|character| !is_kept(character), "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_of_deploy() {
        for (name, expected) in [
            ("rate_limit.allowed.filter.edge-1.rule.per-ip", r#"rate_limit_allowed{rule="per-ip"}"#),
            (
                "tcp_prepend.prepended.filter.a.direction.to_client",
                r#"tcp_prepend_prepended{direction="to_client"}"#,
            ),
            ("my_filter.denied.filter.plugin", "my_filter_denied"),
            ("my-filter.denied", "my_filter_denied"),
            // Without a plugin's name there are no labels.
            ("record_streams.responses.class.2xx", "record_streams_responses_class_2xx"),
            ("my_filter.denied.rule.a", "my_filter_denied_rule_a"),
            ("requests", "requests"),
        ] {
            assert_eq!(prometheus_name(name), expected);
        }
    }
}
