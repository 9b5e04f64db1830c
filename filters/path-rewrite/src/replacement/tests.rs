//! Replacements in paths. The crate `regex-replace` tests those in any text.

use super::*;

#[test]
fn clients_add_no_parameters() {
    for (regex, replacement, path, expected) in [
        ("^/u/(.*)$", "/u?id=$1", "/u/7&admin=1", "/u?id=7%26admin%3D1"),
        ("^/u/([0-9]+)", "/u?id=$1", "/u/7&admin=1", "/u?id=7%26admin%3D1"),
        ("/([^/]+)", "/$1?k=v", "/a/b&admin=1", "/a?k=v/b%26admin%3D1?k=v"),
        ("^/u/(.*)$", "/u/$1?a=b", "/u/7&x=1", "/u/7&x=1?a=b"),
    ] {
        let regex = Regex::new(regex).unwrap();
        let replacement = Replacement::parse(replacement, &regex).unwrap();
        let search = Search::new(regex);
        let made = replacement.replace(&search, &Budget::default(), path.as_bytes(), Occurrences::All);
        assert_eq!(String::from_utf8(made.unwrap().unwrap().path).unwrap(), expected, "{search:?}");
    }
}
