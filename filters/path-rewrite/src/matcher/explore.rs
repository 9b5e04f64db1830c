//! Tries every path of a few tokens after a prefix: accepted paths must stay inside the replacement.

use super::*;

const TOKENS: [&str; 8] = ["a", "..", ".", "%2e%2e", "..;p", "/", "%2f", "\\"];
const LONGEST: u32 = 6;

/// Resolves a path like a server that also treats `slashes` as slashes and, with `merges`, skips empty segments.
fn resolved(path: &str, slashes: &[&str], merges: bool) -> Vec<String> {
    let mut plain = path.to_owned();
    for slash in slashes {
        plain = plain.replace(slash, "/");
    }
    let mut stack: Vec<String> = Vec::new();
    for segment in plain.split('/').skip(1) {
        match segment.split(';').next().unwrap().replace("%2e", ".").as_str() {
            ".." => _ = stack.pop(),
            "." => {}
            "" if merges => {}
            name => stack.push(name.to_owned()),
        }
    }
    stack
}

#[test]
fn no_accepted_path_escapes() {
    let matcher = Matcher::Prefix {
        prefix: b"/public".to_vec(),
        case_insensitive: false,
        replacement: Some(PrefixReplacement { segments: b"/internal/files".to_vec(), query: Vec::new() }),
    };
    let (mut accepted, mut refused) = (0, 0);
    for length in 0..=LONGEST {
        for number in 0..TOKENS.len().pow(length) {
            let path: String =
                (0..length).map(|at| TOKENS[number / TOKENS.len().pow(at) % TOKENS.len()]).collect();
            let Ok(result) =
                matcher.apply(format!("/public/{path}").as_bytes(), None, &Budget::default()).unwrap()
            else {
                refused += 1;
                continue;
            };
            accepted += 1;
            let result = String::from_utf8(result).unwrap();
            if !result.contains("..") && !result.contains("%2e") {
                continue;
            }
            let readings = [&[][..], &["\\"], &["%2f"], &["\\", "%2f", "%5c"]];
            for slashes in readings
                .into_iter()
                .filter(|it| it.is_empty() || it.iter().any(|slash| result.contains(slash)))
            {
                for merges in [false, true] {
                    let led = resolved(&result, slashes, merges);
                    assert!(
                        led.starts_with(&["internal".into(), "files".into()]),
                        "{path} {slashes:?} {led:?}"
                    );
                }
            }
        }
    }
    assert!(accepted > 1000 && refused > 1000, "{accepted} accepted, {refused} refused");
}
