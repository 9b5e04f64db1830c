//! path-rewrite writes what its README says, or leaves the request alone.
//!
//! What rules make is worked out again without the filter's code, regular expressions by the crate `regex`. The filter writes
//! exactly that, and only if it is safe: a path, without control characters, without new dot segments, within the directory of
//! the replacement for every server. It must write results that nobody could object to. Nothing else of the request changes. A
//! redirect leads to the same path, at the host of the rule or of the request, and a client that follows it is not sent there
//! again.
#![no_main]

use arbitrary::Arbitrary;
use fuzz::paths::{Compiled, Rule, Walk, encoded, requested, walk};
use fuzz::run;
use libfuzzer_sys::fuzz_target;
use path_rewrite::PathRewrite;
use proxy_model::{Exchange, Plugin, Request};
use serde_json::{Value, json};

/// Why the filter refuses some of the configurations.
const REFUSED: [&str; 4] = [
    "never gives a safe path",
    "a path with values cannot have `.` or `..` segments",
    "duplicate variable",
    "unknown template variable",
];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    rules: Vec<(Rule, Option<Redirect>)>,
    path: Vec<u8>,
    is_like_rule: bool,
    raw: &'a [u8],
    query: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    drops_query: bool,
    rejects: bool,
    is_https: bool,
}

#[derive(Arbitrary, Debug)]
struct Redirect {
    has_host: bool,
    is_https: bool,
    has_port: bool,
}

/// Where a request leads.
struct Place<'a> {
    is_https: bool,
    authority: &'a str,
    target: &'a [u8],
}

fn send(plugin: &Plugin, place: &Place<'_>, value: Option<&[u8]>) -> Exchange {
    let scheme = if place.is_https { "https" } else { "http" };
    let request = Request::get(place.target).authority(place.authority).header(":scheme", scheme);
    plugin.send(0, &value.into_iter().fold(request, |request, value| request.header("x-v", value)))
}

fn configuration((rule, redirect): &(Compiled<'_>, &Option<Redirect>)) -> Value {
    let mut fields = rule.configuration();
    match redirect {
        None => fields["continue"] = rule.rule.continues.into(),
        Some(Redirect { has_host, is_https, has_port }) => {
            fields["redirect"] = json!({
                "status": 302,
                "host": has_host.then_some("B.example"),
                "scheme": is_https.then_some("https"),
                "port": has_port.then_some(8443),
            });
        }
    }
    fields
}

/// Returns what the redirect's `location` begins with.
fn origin(redirect: &Redirect, place: &Place<'_>) -> String {
    let host = if redirect.has_host { "b.example" } else { place.authority };
    let scheme = if redirect.is_https || place.is_https { "https" } else { "http" };
    format!("{scheme}://{host}{}", if redirect.has_port { ":8443" } else { "" })
}

/// Percent-encodes what a URL may not contain.
fn url(target: &[u8]) -> Vec<u8> {
    encoded(target, |byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte))
}

fuzz_target!(|input: Input<'_>| {
    let rules: Option<Vec<_>> =
        input.rules.iter().take(3).map(|(rule, redirect)| Some((Compiled::of(rule)?, redirect))).collect();
    let Some(mut rules) = rules.filter(|rules| !rules.is_empty()) else { return };
    // A redirect ends the request.
    let end = rules.iter().position(|(_, redirect)| redirect.is_some()).map_or(rules.len(), |at| at + 1);
    rules.truncate(end);
    let configuration = json!({
        "rules": rules.iter().map(configuration).collect::<Vec<_>>(),
        "query": if input.drops_query { "drop" } else { "keep" },
        "on_unsafe": if input.rejects { "reject" } else { "pass" },
    });
    let (proxy, plugin) = match run::http::<PathRewrite>(&configuration) {
        Ok(loaded) => loaded,
        Err(line) => return run::assert_refused(&line, &REFUSED),
    };
    let mut target =
        [requested(Some(&rules[0].0).filter(|_| input.is_like_rule), &input.path).as_bytes(), input.raw]
            .concat();
    input.query.iter().for_each(|query| target.extend([b"?", *query].concat()));
    let place = Place { is_https: input.is_https, authority: "a.example", target: &target };
    let exchange = send(&plugin, &place, input.value);
    run::assert_framed(&proxy);
    let (rules, redirects): (Vec<_>, Vec<_>) = rules.into_iter().unzip();
    let expected = walk(&rules, &target, input.value, !input.drops_query);
    match expected.last.and_then(|last| redirects[last].as_ref()) {
        Some(redirect) => check_redirect(&input, &plugin, redirect, &expected, &place, &exchange),
        None => check_rewrite(&input, &expected, &place, &exchange),
    }
});

fn check_rewrite(input: &Input<'_>, expected: &Walk, place: &Place<'_>, exchange: &Exchange) {
    let Some(upstream) = &exchange.upstream else {
        if is_unsendable(place.target, input.value) {
            return;
        }
        assert_eq!(exchange.response.status(), 400);
        let has_reason = expected.last.is_some() || !expected.is_harmless;
        assert!(input.rejects && has_reason && !expected.must_be_written(place.target), "rejected");
        return;
    };
    let path = upstream.headers.values(":path");
    let written = upstream.headers.first(b":path").unwrap_or_default();
    assert_eq!(path.len(), 1);
    if written == place.target {
        let is_passed = !input.rejects && !expected.must_be_written(place.target);
        assert!(
            expected.target == place.target || is_passed,
            "not written: {:?}",
            expected.target.escape_ascii()
        );
    } else {
        assert_eq!(written.escape_ascii().to_string(), expected.target.escape_ascii().to_string());
        assert!(expected.may_be_written(place.target), "unsafe: {}", written.escape_ascii());
    }
    check_untouched(input, place, exchange);
}

fn check_untouched(input: &Input<'_>, place: &Place<'_>, exchange: &Exchange) {
    let Some(upstream) = &exchange.upstream else { return };
    assert_eq!(upstream.headers.values(":authority"), [place.authority]);
    assert_eq!(upstream.headers.values(":method"), ["GET"]);
    assert_eq!(upstream.headers.first(b"x-v"), input.value);
    // The model adds a request id and a length.
    assert_eq!(upstream.headers.len(), 6 + usize::from(input.value.is_some()));
}

fn check_redirect(
    input: &Input<'_>,
    plugin: &Plugin,
    redirect: &Redirect,
    expected: &Walk,
    place: &Place<'_>,
    exchange: &Exchange,
) {
    let origin = origin(redirect, place);
    let expected_location = [origin.as_bytes(), &url(&expected.target)].concat();
    let Some(location) = exchange.response.headers.first(b"location") else {
        if exchange.upstream.is_some() {
            assert_eq!(
                exchange.upstream.as_ref().and_then(|it| it.headers.first(b":path")),
                Some(place.target)
            );
            check_untouched(input, place, exchange);
        }
        let scheme = if place.is_https { "https" } else { "http" };
        let here = [format!("{scheme}://{}", place.authority).as_bytes(), &url(place.target)].concat();
        let is_there = here == expected_location || expected.target.contains(&b'?');
        assert!(
            is_there || !expected.must_be_written(place.target),
            "no redirect to {}",
            expected_location.escape_ascii()
        );
        return;
    };
    assert_eq!(exchange.response.status(), 302);
    assert!(exchange.upstream.is_none());
    assert_eq!(location.escape_ascii().to_string(), expected_location.escape_ascii().to_string());
    let keeps_path = fuzz::paths::split(&expected.target).0 == fuzz::paths::split(place.target).0;
    assert!(!expected.is_unsafe && (keeps_path || expected.may_be_written(place.target)), "unsafe");
    let authority = origin.split("://").nth(1).unwrap_or_default();
    let is_https = origin.starts_with("https");
    let there = Place { is_https, authority, target: &location[origin.len()..] };
    let again = send(plugin, &there, input.value);
    assert_ne!(again.response.headers.first(b"location"), Some(location), "a loop");
}

/// Returns whether the model cannot send a request, as Envoy cannot.
fn is_unsendable(target: &[u8], value: Option<&[u8]>) -> bool {
    let is_bad = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    target.iter().any(is_bad) || value.is_some_and(|value| value.iter().any(is_bad))
}
