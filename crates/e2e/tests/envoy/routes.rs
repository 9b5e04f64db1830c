//! The route that a rewritten request takes.

use anyhow::{Result, ensure};
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use proxy_filter_test::{Response, Upstream};
use serde_json::json;

use crate::Case;

pub(crate) const TESTS: [Case; 1] = [("the_rewritten_path_chooses_the_route", chosen_anew)];

fn chosen_anew(fixture: &Fixture) -> Result<()> {
    let (old, new) = (Upstream::start(Response::new(200))?, Upstream::start(Response::new(200))?);
    let routes = [
        json!({"match": {"path_separated_prefix": "/new"}, "route": {"cluster": "new"}}),
        json!({"match": {"prefix": "/"}, "route": {"cluster": "old"}}),
    ];
    let rules = r#"{"rules": [{"prefix": "/old", "replace": "/new"}, {"exact": "/new", "replace": "/"}]}"#;
    fixture.add(|bootstrap| {
        bootstrap
            .cluster("old", old.address())
            .cluster("new", new.address())
            .routed("routes-plain", &[], &routes)
            .routed("routes-rewritten", &[built::filter("path-rewrite", rules)], &routes)
    })?;
    for (listener, target, at_old, at_new) in [
        ("routes-plain", "/old/a", Some("/old/a"), None),
        ("routes-plain", "/new/a", None, Some("/new/a")),
        ("routes-rewritten", "/old/a?b", None, Some("/new/a?b")),
        ("routes-rewritten", "/new", Some("/"), None),
        ("routes-rewritten", "/older", Some("/older"), None),
    ] {
        fixture.envoy.send(listener, &Request::get(target))?;
        let path = |upstream: &Upstream| {
            upstream.requests().pop().map(|request| request.headers.values(":path").concat())
        };
        let found = (path(&old), path(&new));
        ensure!(
            (found.0.as_deref(), found.1.as_deref()) == (at_old, at_new),
            "{listener}: {target} reached the upstreams as {found:?}"
        );
    }
    Ok(())
}
