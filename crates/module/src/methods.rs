//! Methods that proxy-wasm's dispatcher never calls.
//!
//! Its contexts are trait objects. Their tables of methods refer to all methods of the traits, also to those for callbacks
//! that the module does not export, and to the helpers that filters of the plain SDK call. The dispatcher calls only the
//! former, for each callback the one that is named after it, besides a few that create contexts.

use std::collections::{BTreeMap, BTreeSet};

use crate::object::Object;

/// The methods that the dispatcher calls, besides those for callbacks.
const ALWAYS_CALLED: [&str; 3] = ["create_http_context", "create_stream_context", "get_type"];

/// A table with at least this many methods of proxy-wasm's traits belongs to a context: `Context` alone has more.
const MIN_METHODS: usize = 20;

/// Returns the pointers in tables of methods that nothing calls if the module exports only these names: the constant and the
/// function.
pub(crate) fn uncalled(object: &Object, exports: &BTreeSet<String>) -> BTreeSet<(usize, u32)> {
    let is_removed = |callback: &String| object.exports.contains_key(callback) && !exports.contains(callback);
    let is_uncalled = |method: &str| match method.strip_prefix("on_") {
        Some(event) => {
            let event = event.strip_prefix("http_").unwrap_or(event);
            let mut callbacks = [format!("proxy_on_{event}"), format!("proxy_on_http_{event}")].into_iter();
            callbacks.any(|callback| is_removed(&callback))
        }
        None => !ALWAYS_CALLED.contains(&method),
    };
    let names = object.names.iter().filter_map(|(function, name)| Some((*function, method(name)?)));
    let methods: BTreeMap<_, _> = names.collect();
    let mut uncalled = BTreeSet::new();
    for (position, constant) in object.constants.iter().enumerate() {
        let mut counts = BTreeMap::<u32, usize>::new();
        for function in constant.references.iter().filter_map(|item| item.function()) {
            let count = counts.entry(function).or_default();
            *count = count.saturating_add(1);
        }
        if counts.keys().filter(|function| methods.contains_key(function)).count() < MIN_METHODS {
            continue;
        }
        for (function, count) in counts {
            // The compiler merges functions with equal bodies. One that stands for several methods may be called.
            if count == 1 && methods.get(&function).is_some_and(|method| is_uncalled(method)) {
                uncalled.insert((position, function));
            }
        }
    }
    uncalled
}

/// Returns the method's name, if a mangled name is that of a method of proxy-wasm's traits: `<Filter as Trait>::method` or
/// `Trait::method`.
fn method(mangled: &str) -> Option<&str> {
    let part_after = |separator: &str| Some(mangled.split_once(separator)?.1);
    match part_after("10proxy_wasm6traits") {
        // The name of the trait is next.
        Some(rest) => part(part(rest)?.1).map(|(method, _)| method),
        None => {
            let (_, method) = part_after("$u20$as$u20$proxy_wasm..traits..")?.split_once("$GT$")?;
            part(method).map(|(method, _)| method)
        }
    }
}

/// Splits off the first part of a mangled path: its length in decimal digits, then its text.
fn part(path: &str) -> Option<(&str, &str)> {
    let digits = path.find(|character: char| !character.is_ascii_digit())?;
    let (length, rest) = path.split_at_checked(digits)?;
    rest.split_at_checked(length.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_found_in_mangled_names() {
        for (mangled, expected) in [
            ("_ZN10proxy_wasm6traits7Context15get_shared_data17h0123456789abcdefE", Some("get_shared_data")),
            (
                "_ZN92_$LT$proxy_filter..entry..wasm..Http$LT$F$GT$$u20$as$u20$proxy_wasm..traits..HttpContext$GT$6on_log17h0E",
                Some("on_log"),
            ),
            ("_RNvXCs1_1aNtB2_4HttpNtNtCs2_10proxy_wasm6traits11HttpContext6on_log", Some("on_log")),
            ("_ZN4core3ptr9drop_in_place$LT$$RF$dyn$u20$proxy_wasm..traits..Context$GT$17h0E", None),
            ("_ZN10proxy_wasm10dispatcher10Dispatcher6on_log17h0E", None),
            ("proxy_on_log", None),
        ] {
            assert_eq!(method(mangled), expected, "{mangled}");
        }
    }
}
