//! Modules that are made of the built filters.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that panics fails")]

use std::fs;

use harness::parts;
use proxy_filter_module::Capabilities;
use proxy_filter_specialize::Specializer;
use wasmtime::{Engine, Module};

const HEADER: &str = r#"{"response": [{"name": "hello", "value": "world"}]}"#;

fn specializer(filter: &str) -> Specializer {
    Specializer::new(fs::read(parts::linked(filter)).expect("run `just build`")).unwrap()
}

/// Returns the names of a module's exports and imports.
fn names(wasm: &[u8]) -> (Vec<String>, Vec<String>) {
    let module = Module::new(&Engine::default(), wasm).unwrap();
    let exports = module.exports().map(|export| export.name().to_owned()).collect();
    (exports, module.imports().map(|import| import.name().to_owned()).collect())
}

#[test]
fn the_same_configuration_gives_the_same_bytes() {
    let [one, other] = [(); 2].map(|()| specializer("add-header").specialize(HEADER.as_bytes()).unwrap());
    assert_eq!(one, other);
}

#[test]
fn a_module_has_only_the_phases_that_its_configuration_needs() {
    let module = specializer("add-header").specialize(HEADER.as_bytes()).unwrap();
    let (exports, imports) = names(&module);
    let callbacks = exports.iter().filter(|name| name.contains("_request_") || name.contains("_response_"));
    assert_eq!(callbacks.collect::<Vec<_>>(), ["proxy_on_response_headers"]);
    assert!(!exports.iter().any(|name| name.starts_with("proxy_filter_")), "{exports:?}");
    assert!(!imports.iter().any(|name| name == "proxy_send_local_response"), "{imports:?}");
}

#[test]
fn a_module_sees_responses_only_if_a_rule_maps_them_back() {
    for (reverse, sees_responses) in [(true, true), (false, false)] {
        let rule = format!(r#"{{"prefix": "/a", "replace": "/b", "reverse": {reverse}}}"#);
        let configuration = format!(r#"{{"rules": [{rule}]}}"#);
        let module = specializer("path-rewrite-reverse").specialize(configuration.as_bytes()).unwrap();
        let (exports, _) = names(&module);
        assert_eq!(
            exports.iter().any(|name| name == "proxy_on_response_headers"),
            sees_responses,
            "{exports:?}"
        );
    }
}

#[test]
fn a_module_lacks_the_code_that_reads_configurations() {
    for (filter, configuration) in [
        ("add-header", HEADER),
        ("path-rewrite", r#"{"rules": [{"prefix": "/a", "replace": "/b"}]}"#),
        ("rate-limit", r#"{"ttlSecond": 60, "burst": 3}"#),
        ("tcp-prepend", ""),
    ] {
        let ordinary = fs::read(parts::filter(filter)).expect("run `just build`");
        let module = specializer(filter).specialize(configuration.as_bytes()).unwrap();
        let (size, ordinary_size) = (module.len(), ordinary.len());
        assert!(size * 3 < ordinary_size * 2, "{filter}: {size} bytes, {ordinary_size} before");
        let says = |module: &[u8], text: &str| String::from_utf8_lossy(module).contains(text);
        for text in ["did you mean", "not valid JSON"] {
            assert!(says(&ordinary, text) && !says(&module, text), "{filter}: {text}");
        }
        // What a host allows the ordinary module is enough for it.
        let [of_module, of_ordinary] = [&module, &ordinary].map(|wasm| Capabilities::of(wasm).unwrap());
        let allowed: Vec<_> = of_ordinary.names().collect();
        let more: Vec<_> = of_module.names().filter(|name| !allowed.contains(name)).collect();
        assert!(more.is_empty(), "{filter}: {more:?}");
    }
}

#[test]
fn a_wrong_configuration_is_refused_as_at_load() {
    let error = specializer("add-header").specialize(br#"{"response": 1}"#).unwrap_err().to_string();
    assert!(error.starts_with("configuration refused: response: invalid type: integer `1`"), "{error}");
}

#[test]
fn modules_that_cannot_be_specialized_are_refused() {
    let built = fs::read(parts::filter("add-header")).expect("run `just build`");
    let error = Specializer::new(built).err().unwrap().to_string();
    assert!(error.contains("link it with --emit-relocs"), "{error}");
}
