//! Properties of inverses, with arbitrary paths and header values.

use std::rc::Rc;

use proptest::prelude::*;
use proxy_filter::headers::HeaderPairs;
use proxy_filter::inputs::Snapshot;
use proxy_filter::target;

use super::{reversible, rule, sends, undo, undo_cookie};
use crate::Plan;
use crate::inverse::{Applied, Origin};
use crate::request::Request;
use crate::response::location;
use crate::rewriter::{Outcome, Rewriter};
use crate::set_cookie::with_paths;
use crate::undo::Undo;

/// Rules, with the beginning of paths that they may match.
const RULES: [(&str, &str, &str, &str); 11] = [
    ("prefix", "/old", "/new", "/old"),
    ("prefix", "/old", "/", "/old"),
    ("prefix", "/", "/new", ""),
    ("prefix", "/a", "/a/b?v=1", "/a"),
    ("template", "/u/{id}/p/{post}", "/{post}/x-{id}.html", ""),
    ("regex", "^/s/([^/]+)(/.*)$", "$2/i/$1", "/s"),
    ("regex", "^/(.*)/a/([^/a]*)$", "/x/$1/ba$2", ""),
    ("regex", "^/([a-c]*)b/([^b]*)$", "/$2b$1", ""),
    ("exact", "/a", "/b", ""),
    ("regex", "^(/.*)[.]html$", "$1", ""),
    ("regex", "^/a/([^/]*)/(.*)$", "/b/$1/$2", "/a"),
];

thread_local! {
    static PLANS: Vec<Rc<Plan>> = RULES.iter().map(|(pattern, from, to, _)| Rc::new(rule(pattern, from, to))).collect();
}

fn plan(number: usize) -> Rc<Plan> {
    PLANS.with(|plans| Rc::clone(&plans[number]))
}

/// Rewrites a path. `None` if no rule changes it, or the result is unsafe.
fn rewrite(rewriter: &Rewriter, path: &str) -> Option<String> {
    let snapshot = Snapshot::of(HeaderPairs::of([(":authority", "a.example")]));
    match rewriter.run(&Request { target: path.as_bytes(), snapshot: &snapshot }, &mut Applied::default()) {
        Outcome::Rewritten { path, .. } => Some(String::from_utf8(path.as_bytes().to_vec()).unwrap()),
        _ => None,
    }
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec![
        "", "a", "b", "ab", "u", "p", "s", "i", "x-a.html", "new", "old", ".", "..", "%2e", "\\",
    ]);
    prop::collection::vec(segment, 1..6).prop_map(|segments| format!("/{}", segments.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// What a rule makes is undone, up to what the rule cannot know.
    #[test]
    fn undoing_inverts_rewriting(number in 0..RULES.len(), path in path()) {
        let (_, _, to, start) = RULES[number];
        let plan = plan(number);
        let path = format!("{start}{path}");
        let Some(made) = rewrite(&plan.rewriter, &path) else { return Ok(()) };
        let made = made.split('?').next().unwrap();
        let is_given_back = !target::has_dots(path.as_bytes()) && !path.starts_with("//") && !path.starts_with("/\\");
        let expected = is_given_back.then(|| match (to, path.as_str()) {
            ("/", "/old") => "/old/".to_owned(),
            _ => path.clone(),
        });
        prop_assert_eq!(undo(&plan, made), expected);
    }

    /// A path that was undone is rewritten to what it was.
    #[test]
    fn rewriting_inverts_undoing(number in 0..RULES.len(), path in path()) {
        let plan = plan(number);
        for path in [path.clone(), format!("/new{path}"), format!("/a/b{path}")] {
            let Some(undone) = undo(&plan, &path) else { continue };
            let again = rewrite(&plan.rewriter, &undone).unwrap_or_else(|| undone.clone());
            prop_assert_eq!(again.split('?').next().unwrap(), path);
        }
    }

    /// A client sends a cookie along with exactly those requests along with which the upstream expects it.
    #[test]
    fn cookies_reach_the_paths_that_they_are_for(number in 0..RULES.len(), cookie in path(), path in path()) {
        let (_, from, _, start) = RULES[number];
        let plan = plan(number);
        for cookie in [cookie.clone(), format!("/new{cookie}"), "/new".into(), "/".into()] {
            let Some(undone) = undo_cookie(&plan, &cookie) else { continue };
            for path in [format!("{start}{path}"), format!("{start}{cookie}{path}"), from.to_owned()] {
                let Some(made) = rewrite(&plan.rewriter, &path) else { continue };
                let made = made.split('?').next().unwrap();
                prop_assert_eq!(sends(&undone, &path), sends(&cookie, made), "{} {} {}", cookie, undone, path);
            }
        }
    }
}

/// Pieces of header values that clients and upstreams may disagree on.
fn value() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/",
        "//",
        "\\",
        "\t",
        " ",
        "http:",
        "HTTPS:",
        "a.example",
        "evil.example",
        ":80",
        "@",
        "?",
        "#",
        "..",
        "%2f",
        "new",
        "api",
        "x",
        ";",
        "=",
        "Path=",
        "path = \"",
        "\u{e9}",
        "&v=1",
        "a=b",
    ]);
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Returns the host that a browser would request if it were redirected from `http://a.example` (WHATWG URL Standard: tabs are
/// dropped, and backslashes are slashes).
fn host_of(reference: &str) -> String {
    let text: String = reference.trim().chars().filter(|c| *c != '\t').collect();
    let text = text.replace('\\', "/").to_ascii_lowercase();
    let text = text.strip_prefix("http:").or_else(|| text.strip_prefix("https:")).unwrap_or(&text);
    let Some(rest) = text.strip_prefix("//") else { return "a.example".into() };
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16_384))]

    /// Whatever the upstream sends, a mapped redirect leads to the host that it led to before.
    #[test]
    fn redirects_keep_their_host(number in 0..RULES.len(), value in value()) {
        let plan = plan(number);
        let origin = Origin { is_https: false, authority: b"a.example".to_vec() };
        let undo = Undo::new(&plan.rewriter, &reversible(&plan));
        for value in [value.clone(), format!("/new{value}"), format!("http://a.example/new{value}")] {
            let Some(mapped) = location(value.as_bytes(), &origin, &undo) else { continue };
            let mapped = String::from_utf8(mapped).unwrap();
            prop_assert_eq!(host_of(&mapped), host_of(&value), "{} {}", value, mapped);
        }
    }

    /// Whatever the upstream sends, a cookie keeps its attributes, and its `Path` begins with a slash.
    #[test]
    fn cookies_keep_their_attributes(number in 0..RULES.len(), value in value()) {
        let plan = plan(number);
        let undo = Undo::new(&plan.rewriter, &reversible(&plan));
        for cookie in [value.clone(), format!("a=b; Path=/{value}"), format!("a=b; Path=/new{value}")] {
            let Some(mapped) = with_paths(cookie.as_bytes(), |path| undo.cookie_path(path)) else { continue };
            let mapped = String::from_utf8(mapped).unwrap();
            prop_assert_eq!(mapped.split(';').count(), cookie.split(';').count());
            for (now, before) in mapped.split(';').zip(cookie.split(';')) {
                let (_, path) = now.split_once('=').unwrap_or_default();
                let path = path.trim_start_matches([' ', '\t', '"']);
                prop_assert!(now == before || path.starts_with('/'), "{} {}", cookie, mapped);
            }
        }
    }
}
