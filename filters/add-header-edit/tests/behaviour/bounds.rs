//! Values that edits leave as they are, because their cost or their size has bounds.

use add_header_edit::AddHeader;
use proxy_filter_test::{Request, Response, filter_test};

filter_test! {
    http AddHeader => "add-header-edit";

    fn a_value_that_is_or_becomes_too_long_stays(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(r#"{"request": [
            {"action": "edit", "name": "x-longer", "regex": "^b", "replace": "cccc"},
            {"action": "edit", "name": "x-shorter", "regex": "^b", "replace": ""}
        ]}"#);
        for (length, is_longer, is_shorter) in
            [(8188, true, true), (8189, false, true), (8191, false, true), (8192, false, false)]
        {
            let letters = "a".repeat(length);
            let (value, longer) = (format!("b{letters}"), format!("cccc{letters}"));
            plugin.send(Request::get("/").header("x-longer", &value).header("x-shorter", &value))
                .expect_upstream_header("x-longer", &[if is_longer { &longer } else { &value }])
                .expect_upstream_header("x-shorter", &[if is_shorter { &letters } else { &value }]);
        }
        for (metric, rule, expected) in
            [("applied", 0, 1), ("skipped", 0, 3), ("applied", 1, 3), ("skipped", 1, 1)]
        {
            plugin.expect_metric(&format!("add_header.{metric}.filter.plugin.rule.request-{rule}"), expected);
        }
    }

    fn a_value_with_too_many_matches_stays(proxy) {
        let plugin = proxy.load(r#"{"request": [{"action": "edit", "name": "x-a", "regex": "a", "replace": "b"}]}"#);
        for (length, letter) in [(128, "b"), (129, "a")] {
            plugin.send(Request::get("/").header("x-a", "a".repeat(length)))
                .expect_upstream_header("x-a", &[&letter.repeat(length)]);
        }
    }

    fn all_rules_of_a_message_share_the_steps(proxy) {
        proxy.reset_metrics();
        let rule = r#"{"action": "edit", "name": "x-a", "regex": "a[ab]{200}c", "replace": "d"}"#;
        let plugin = proxy.load(&format!(r#"{{"request": [{rule}, {rule}], "response": [{rule}]}}"#));
        let value = format!("{}{}c", "b".repeat(1500), "a".repeat(201));
        let edited = format!("{}d", "b".repeat(1500));
        let plugin = plugin.upstream(Response::new(200).header("x-a", &value));
        // The first value takes most of the steps, and leaves too few for the second and for the second rule. The response
        // has steps of its own.
        plugin.send(Request::get("/").header("x-a", &value).header("x-a", &value))
            .expect_upstream_header("x-a", &[&edited, &value])
            .expect_header("x-a", &[&edited]);
        plugin.expect_metric("add_header.skipped.filter.plugin.rule.request-0", 1);
        plugin.expect_metric("add_header.skipped.filter.plugin.rule.request-1", 2);
        plugin.expect_metric("add_header.skipped.filter.plugin.rule.response-0", 0);
    }
}
