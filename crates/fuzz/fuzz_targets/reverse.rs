//! path-rewrite-reverse maps responses back to where the request came from, and nowhere else.
//!
//! For one rule, whatever it is: a `location` that is mapped leads to the path that the rule rewrites to the upstream's, so clients
//! stay within what the rule matches. What the rule made of a path is mapped back to that path, unless one of the two could be
//! read differently by another server. For any number of rules: a client sends a mapped cookie along with the request if it fits the
//! upstream's path, and only then, no redirect leads to another host, no attribute of a cookie changes but `Path`, no other header
//! changes, and a response to a request that no rule applied to stays as it is.
#![no_main]

use arbitrary::Arbitrary;
use fuzz::paths::{Compiled, PIECES, Pattern, Rule, is_safe, path, requested, split, walk};
use fuzz::regexes::pick;
use fuzz::run;
use libfuzzer_sys::fuzz_target;
use path_rewrite_reverse::PathRewrite;
use proxy_model::{Headers, Plugin, Request, Response};
use serde_json::json;

/// What headers of responses are made of, besides pieces of paths.
const VALUES: [&str; 26] = [
    "http:",
    "HTTPS:",
    "//",
    "a.example",
    "evil.example",
    "backend.example:8080",
    ":80",
    ":443",
    "@",
    "?",
    "#",
    "\t",
    " ",
    "Path=",
    "path = \"",
    ";",
    "=",
    "a=b",
    "; Path=/",
    "; Path=/n",
    "http://a.example/",
    "//backend.example:8080/",
    "__Host-a=b",
    "/n",
    "?q=1",
    "Domain=",
];

/// Why the filter refuses some of the configurations.
const REFUSED: [&str; 4] = [
    "never gives a safe path",
    "a path with values cannot have `.` or `..` segments",
    "duplicate variable",
    "unknown template variable",
];

/// Why it refuses rules with `reverse`, unless they are for a prefix or an exact path, and have no values.
const UNCERTAIN: &str = "cannot be undone with certainty";

#[derive(Arbitrary, Debug)]
struct Input {
    rules: Vec<(Rule, Hosts)>,
    path: Vec<u8>,
    is_like_rule: bool,
    headers: Vec<(u8, Vec<Piece>)>,
    cookie: Vec<u8>,
    suffix: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Hosts {
    None,
    Own,
    Backend,
}

#[derive(Arbitrary, Debug)]
enum Piece {
    Path(u8),
    Value(u8),
}

const NAMES: [&str; 4] = ["location", "content-location", "set-cookie", "x-a"];

fn value(pieces: &[Piece]) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Path(number) => pick(&PIECES, *number),
        Piece::Value(number) => pick(&VALUES, *number),
    };
    pieces.iter().map(piece).collect()
}

/// Sends a request for a path. Returns the upstream's path, and the response. `None` if the request is rejected.
fn send(plugin: &mut Plugin, path: &str, response: Response) -> Option<(Vec<u8>, Headers)> {
    plugin.set_upstream(response);
    let exchange = plugin.send(0, &Request::get(path).header(":scheme", "http"));
    Some((exchange.upstream?.headers.first(b":path")?.to_vec(), exchange.response.headers))
}

fn first(headers: &Headers, name: &str) -> String {
    headers.values(name).into_iter().next().unwrap_or_default()
}

fuzz_target!(|input: Input| {
    let rules: Option<Vec<_>> = input.rules.iter().take(2).map(|(rule, _)| Compiled::of(rule)).collect();
    let Some(rules) = rules.filter(|rules| !rules.is_empty()) else { return };
    let configuration = |(rule, (_, hosts)): (&Compiled<'_>, &(Rule, Hosts))| {
        let mut fields = rule.configuration();
        fields["continue"] = rule.rule.continues.into();
        fields["reverse"] = match hosts {
            Hosts::None => false.into(),
            Hosts::Own => true.into(),
            Hosts::Backend => json!({"hosts": ["backend.example:8080"]}),
        };
        fields
    };
    let fields: Vec<_> = rules.iter().zip(&input.rules).map(configuration).collect();
    let (proxy, mut plugin) = match run::http::<PathRewrite>(&json!({"rules": fields})) {
        Ok(loaded) => loaded,
        Err(line) if rules.iter().zip(&input.rules).all(is_certain) => {
            return run::assert_refused(&line, &REFUSED);
        }
        Err(line) => return run::assert_refused(&line, &[&REFUSED[..], &[UNCERTAIN]].concat()),
    };
    let requested = requested(Some(&rules[0]).filter(|_| input.is_like_rule), &input.path);
    let Some((made, _)) = send(&mut plugin, &requested, Response::new(200)) else { return };
    let expected = walk(&rules, requested.as_bytes(), None, true);
    let is_reversed =
        expected.last.is_some() && input.rules.iter().take(2).any(|(_, hosts)| *hosts != Hosts::None);
    check_any(&input, &mut plugin, &requested, is_reversed);
    // A rule without `reverse` may split a character.
    if let Ok(made) = String::from_utf8(made)
        && is_reversed
    {
        if let [rule] = rules.as_slice() {
            check_locations(&input, rule, &mut plugin, &requested, &made, expected.is_harmless);
        }
        if input.rules.iter().take(2).all(|(_, hosts)| *hosts != Hosts::None) {
            check_cookies(&input, &mut plugin, &requested, &made);
        }
    }
    run::assert_framed(&proxy);
});

/// Returns whether the rule can be undone, or does not have to be.
fn is_certain((rule, (_, hosts)): (&Compiled<'_>, &(Rule, Hosts))) -> bool {
    let is_fixed = matches!(rule.rule.pattern, Pattern::Prefix(..) | Pattern::Exact(..));
    *hosts == Hosts::None || is_fixed && !rule.rule.has_value
}

/// Whatever the upstream sends.
fn check_any(input: &Input, plugin: &mut Plugin, requested: &str, is_reversed: bool) {
    let mut sent: Vec<_> =
        input.headers.iter().map(|(name, pieces)| (pick(&NAMES, *name), value(pieces))).collect();
    // Envoy joins several values of this header before any filter sees them.
    if let Some(first) = sent.iter().position(|(name, _)| *name == "location") {
        let mut at = 0..;
        sent.retain(|(name, _)| at.next() == Some(first) || *name != "location");
    }
    let response =
        sent.iter().fold(Response::new(200), |response, (name, value)| response.header(name, value));
    let Some((_, received)) = send(plugin, requested, response) else { return };
    // The model adds the status and the length.
    assert_eq!(received.len(), sent.len() + 2);
    for name in NAMES {
        let sent = sent.iter().filter(|pair| pair.0 == name).map(|pair| pair.1.as_str());
        for (before, now) in sent.zip(received.values(name)) {
            match name {
                // Spaces and tabs around a value are not part of it (RFC 9110, section 5.5).
                _ if before.trim_matches([' ', '\t']) == now.trim_matches([' ', '\t']) => {}
                _ if !is_reversed => panic!("{name}: {before} became {now}, but no rule applies"),
                "location" | "content-location" => check_host(input, before, &now),
                "set-cookie" => check_attributes(before, &now),
                _ => assert_eq!(before, now),
            }
        }
    }
}

/// A mapped URL leads to the host that it led to, or from a backend to the request's. The path has nothing to resolve.
fn check_host(input: &Input, before: &str, now: &str) {
    let (old, new) = (host_of(before), host_of(now));
    let is_backend =
        input.rules.iter().any(|(_, hosts)| *hosts == Hosts::Backend) && old == "backend.example:8080";
    assert!(new == old || is_backend && new == "a.example" && now.starts_with('/'), "{before} became {now}");
    let target = now.trim().split('#').next().unwrap_or_default();
    let path = target.find("://").map_or(target, |at| &target[at + 3..]);
    let path = if target.starts_with('/') && !target.starts_with("//") {
        target
    } else {
        &path[path.find('/').unwrap_or(0)..]
    };
    assert!(!fuzz::paths::has_dots(path.as_bytes()) || target.starts_with("//"), "{before} became {now}");
}

/// Returns the host that a browser would request if it were redirected from `http://a.example` (WHATWG URL Standard: tabs are
/// dropped, and backslashes are slashes).
fn host_of(reference: &str) -> String {
    let text: String = reference.trim().chars().filter(|symbol| !symbol.is_control()).collect();
    let text = text.replace('\\', "/").to_ascii_lowercase();
    let text = text.strip_prefix("http:").or_else(|| text.strip_prefix("https:")).unwrap_or(&text);
    let Some(rest) = text.strip_prefix("//") else { return "a.example".into() };
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().into()
}

/// A mapped cookie differs in its paths, which begin with a slash.
fn check_attributes(before: &str, now: &str) {
    assert_eq!(before.split(';').count(), now.split(';').count());
    for (number, (before, now)) in before.split(';').zip(now.split(';')).enumerate() {
        if before.trim() == now.trim() {
            continue;
        }
        let (name, path) = now.split_once('=').expect("an attribute with a value");
        let name_before = before.split_once('=').map(|(name, _)| name);
        assert!(
            number > 0 && name_before == Some(name) && name.trim().eq_ignore_ascii_case("path"),
            "{before} became {now}"
        );
        assert!(path.trim_start_matches([' ', '\t', '"']).starts_with('/'), "{before} became {now}");
    }
}

/// Maps what the rule made, and any path.
fn check_locations(
    input: &Input,
    rule: &Compiled<'_>,
    plugin: &mut Plugin,
    requested: &str,
    made: &str,
    is_harmless: bool,
) {
    let (made_path, _) = split(made.as_bytes());
    let made_path = str::from_utf8(made_path).expect("a part of text");
    let suffix = if input.suffix { "?z#f" } else { "" };
    let any = path(&input.cookie);
    let below = format!("{made_path}{any}");
    for location in [made_path, &any, &below] {
        let sent = format!("{location}{suffix}");
        let Some((_, received)) = send(plugin, requested, Response::new(200).header("location", &sent))
        else {
            return;
        };
        let mapped = first(&received, "location");
        let undone = mapped.strip_suffix(suffix).expect("query and fragment stay");
        if mapped != sent {
            let Some((again, _)) = send(plugin, undone, Response::new(200)) else {
                panic!("{undone} is rejected")
            };
            let again = String::from_utf8(split(&again).0.to_vec()).expect("text");
            assert_eq!(again, location, "{sent} became {mapped}");
        }
        let is_whole = is_harmless && made != requested && location == made_path;
        if is_whole && is_safe(b"/", requested.as_bytes()) && is_safe(b"/", made_path.as_bytes()) {
            assert_back(rule, requested, made_path, undone);
        }
    }
}

/// Checks that what the rule made of a request is mapped back to it, up to what the rule does not keep.
fn assert_back(rule: &Compiled<'_>, requested: &str, made: &str, undone: &str) {
    let is_same = match (&rule.rule.pattern, rule.rule.ignores_case) {
        (Pattern::Prefix(..) | Pattern::Exact(..), true) => undone.eq_ignore_ascii_case(requested),
        _ => undone == requested,
    };
    // `/shop` and `/shop/` both become `/`.
    let is_root = matches!(rule.rule.pattern, Pattern::Prefix(..)) && made == "/";
    let is_slash_more =
        is_root && undone.strip_suffix('/').is_some_and(|it| it.eq_ignore_ascii_case(requested));
    assert!(is_same || is_slash_more, "{requested} became {made}, and that {undone}");
}

/// Returns whether a client sends a cookie with this path along with a request (RFC 6265, section 5.1.4).
fn sends(cookie: &str, path: &str) -> bool {
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.ends_with('/'))
}

fn check_cookies(input: &Input, plugin: &mut Plugin, requested: &str, made: &str) {
    if made == requested {
        return;
    }
    let made = str::from_utf8(split(made.as_bytes()).0).expect("a part of text");
    let parent = made.rfind('/').map_or(made, |at| &made[..at]);
    for cookie in [path(&input.cookie), made.to_owned(), parent.to_owned()] {
        let sent = format!("a=b; Path={cookie}; Secure");
        let Some((_, received)) = send(plugin, requested, Response::new(200).header("set-cookie", &sent))
        else {
            return;
        };
        let received = first(&received, "set-cookie");
        if received == sent {
            continue;
        }
        let mapped = received.strip_prefix("a=b; Path=").and_then(|rest| rest.strip_suffix("; Secure"));
        let mapped = mapped.expect("only the path changes");
        // Of several, the last `Path` counts.
        if !cookie.contains(';') {
            assert_eq!(
                sends(mapped, requested),
                sends(&cookie, made),
                "{cookie} became {mapped}, {requested} {made}"
            );
        }
    }
}
