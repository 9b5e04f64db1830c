//! The route that a rewritten request takes.

use anyhow::{Result, ensure};
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::fixture::Fixture;
use harness::http::Request;
use proxy_filter_test::{Response, Upstream};
use serde_json::json;

use crate::Case;

pub(crate) const TESTS: [Case; 1] = [("the_rewritten_path_chooses_the_route", chosen_anew)];

fn chosen_anew(_: &Fixture) -> Result<()> {
    let (old, new) = (Upstream::start(Response::new(200))?, Upstream::start(Response::new(200))?);
    let routes = [
        json!({"match": {"path_separated_prefix": "/new"}, "route": {"cluster": "new"}}),
        json!({"match": {"prefix": "/"}, "route": {"cluster": "old"}}),
    ];
    let rules = r#"{"rules": [{"prefix": "/old", "replace": "/new"}, {"exact": "/new", "replace": "/"}]}"#;
    let bootstrap = Bootstrap::default()
        .cluster("old", old.address())
        .cluster("new", new.address())
        .routed("plain", &[], &routes)
        .routed("rewritten", &[Filter::new("path-rewrite", rules)], &routes);
    let envoy = Envoy::start(&bootstrap)?;
    for (listener, target, at_old, at_new) in [
        ("plain", "/old/a", Some("/old/a"), None),
        ("plain", "/new/a", None, Some("/new/a")),
        ("rewritten", "/old/a?b", None, Some("/new/a?b")),
        ("rewritten", "/new", Some("/"), None),
        ("rewritten", "/older", Some("/older"), None),
    ] {
        envoy.send(listener, &Request::get(target))?;
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
