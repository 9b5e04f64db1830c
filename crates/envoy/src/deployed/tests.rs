use super::*;
use crate::Chain;

/// Returns what the configuration of the only plugin becomes.
fn configuration(text: &str) -> Result<String, String> {
    let found = plugins(text).unwrap();
    assert_eq!(found.len(), 1, "{text}");
    let bytes = found[0].configuration.clone().map_err(|mistake| mistake.message)?;
    Ok(bytes.escape_ascii().to_string())
}

fn in_envoy(any: &str) -> String {
    format!("name: a\nroot_id: a\nconfiguration: {any}\n")
}

#[test]
fn envoy_gives_texts_as_they_are_and_messages_serialized() {
    let kind =
        |name: &str, value: &str| in_envoy(&format!("{{\"@type\": type.googleapis.com/{name}, {value}}}"));
    for (text, expected) in [
        (kind("google.protobuf.StringValue", "value: 'it''s'"), r"it\'s"),
        (kind("google.protobuf.StringValue", ""), ""),
        (kind("google.protobuf.BytesValue", "value: aGk="), "hi"),
        (kind("google.protobuf.BytesValue", "value: -_8"), r"\xfb\xff"),
        ("root_id: a".into(), ""),
        // As `proxy_filter::config::from_protobuf` decodes it.
        (
            kind("google.protobuf.Struct", "value: {limit: 5}"),
            r"\n\x12\n\x05limit\x12\t\x11\x00\x00\x00\x00\x00\x00\x14@",
        ),
        (
            kind("google.protobuf.Struct", "value: {a: [x, true, null, {}]}"),
            r#"\n\x18\n\x01a\x12\x132\x11\n\x03\x1a\x01x\n\x02 \x01\n\x02\x08\x00\n\x02*\x00"#,
        ),
        (kind("xds.type.v3.TypedStruct", "type_url: t, value: {}"), r"\n\x01t\x12\x00"),
    ] {
        assert_eq!(configuration(&text).as_deref(), Ok(expected), "{text}");
    }
    let long = "x".repeat(200);
    let text = kind("google.protobuf.Struct", &format!("value: {{a: {long}}}"));
    let bytes = plugins(&text).unwrap()[0].configuration.clone().unwrap();
    assert!(bytes.starts_with(b"\n\xd1\x01\n\x01a\x12\xcb\x01\x1a\xc8\x01xxx"), "{}", bytes.escape_ascii());
}

#[test]
fn mistakes_around_a_configuration() {
    for (any, expected) in [
        ("{value: a}", "`@type` is missing"),
        ("text", "Envoy expects an object with `@type`"),
        ("{\"@type\": google.protobuf.StringValue, value: a}", "is not a type that a filter can read"),
        (
            "{\"@type\": type.googleapis.com/google.protobuf.Strings, value: a}",
            "is not a type that a filter can",
        ),
        (
            "{\"@type\": type.googleapis.com/google.protobuf.StringValue, value: {a: 1}}",
            "is text: write the conf",
        ),
        (
            "{\"@type\": type.googleapis.com/google.protobuf.StringValue, value: 1}",
            "is text: put it in quotes",
        ),
        (
            "{\"@type\": type.googleapis.com/google.protobuf.BytesValue, value: \"?\"}",
            "is base64, and this is not",
        ),
        ("{\"@type\": type.googleapis.com/google.protobuf.Struct, limit: 1}", "has its fields in `value`"),
        ("{\"@type\": type.googleapis.com/google.protobuf.Struct, value: text}", "is an object"),
    ] {
        let message = configuration(&in_envoy(any)).unwrap_err();
        assert!(message.contains(expected), "{any}: {message}");
    }
}

#[test]
fn every_platform() {
    let istio = "apiVersion: extensions.istio.io/v1alpha1\n";
    let plugin = "pluginName: a, url: 'oci://r:5000/x/b:1', pluginConfig: {n: 1}";
    let texts = [
        (format!("{istio}kind: WasmPlugin\nspec: {{{plugin}}}"), Kind::WasmPlugin, "spec", "b"),
        (format!("{istio}kind: TrafficExtension\nspec: {{wasm: {{{plugin}}}}}"), Kind::TrafficExtension, "spec.wasm", "b"),
        (
            "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyExtensionPolicy\nspec:\n  wasm:\n  - name: x\n    \
             rootID: a\n    code: {image: {url: 'r/c@sha256:00'}}\n    config: {n: 1}"
                .into(),
            Kind::EnvoyExtensionPolicy,
            "spec.wasm[0]",
            "c",
        ),
        (
            "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nspec: {configPatches: [{patch: {value: {config: \
             {vm_config: {code: {local: {filename: /wasm/d/plugin.wasm}}}, configuration: {'@type': \
             type.googleapis.com/google.protobuf.StringValue, value: '{\"n\":1}'}}}}}]}"
                .into(),
            Kind::EnvoyFilter,
            "spec.configPatches[0].patch.value.config",
            "d",
        ),
    ];
    for (text, kind, place, filter) in &texts {
        assert_eq!(configuration(text).as_deref(), Ok(r#"{\"n\":1}"#), "{text}");
        let found = plugins(text).unwrap();
        assert_eq!((found[0].kind, found[0].place.as_str()), (*kind, *place));
        assert_eq!(found[0].filter(&["a", "b", "c", "d"]), Some(*filter), "{text}");
        assert_eq!(found[0].filter(&["z"]), None);
    }
    let all: Vec<_> = texts.iter().map(|(text, ..)| text.as_str()).collect();
    assert_eq!(plugins(&all.join("\n---\n")).unwrap().len(), texts.len());
    // An empty object reaches an Istio plugin as nothing, and Envoy Gateway's as it is.
    let without = |text: &str| configuration(&text.replace("{n: 1}", "{}"));
    assert_eq!((without(&texts[0].0), without(&texts[2].0)), (Ok(String::new()), Ok("{}".into())));
}

#[test]
fn the_chain_is_that_of_the_filter() {
    let of = |kind: &str| {
        let text = format!("typed_config: {{'@type': type.googleapis.com/{kind}, config: {{root_id: a}}}}");
        plugins(&text).unwrap()[0].chain
    };
    assert_eq!(of("envoy.extensions.filters.http.wasm.v3.Wasm"), Some(Chain::Http));
    assert_eq!(of("envoy.extensions.filters.network.wasm.v3.Wasm"), Some(Chain::Tcp));
    assert_eq!(of("other"), None);
}

#[test]
fn fields_of_other_platforms_are_mistakes() {
    let text = "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nspec:\n  config: {}\n";
    let found = plugins(text).unwrap();
    let position = Position { line: 4, column: 3 };
    assert_eq!(
        found[0].mistakes,
        [Mistake { position, message: "unknown field `config`: here it is called `pluginConfig`".into() }]
    );
}

#[test]
fn what_a_platform_does_not_know_is_a_mistake() {
    let mistakes = |text: &str| {
        let found = plugins(text).unwrap();
        found[0].mistakes.iter().map(|mistake| mistake.message.clone()).collect::<Vec<_>>().join("; ")
    };
    let gateway = |fields: &str| {
        mistakes(&format!(
            "apiVersion: v\nkind: EnvoyExtensionPolicy\nspec: {{wasm: [{{name: a, {fields}}}]}}"
        ))
    };
    for (message, expected) in [
        (gateway("rootId: a"), "unknown field `rootId`: here it is called `rootID`"),
        (gateway("root_id: a"), "unknown field `root_id`: here it is called `rootID`"),
        (gateway("failopen: true"), "unknown field `failopen`: did you mean `failOpen`?"),
        (gateway("rootID: a, failOpen: true, env: {}, code: {}, config: {}"), ""),
        (
            mistakes(
                "{root_id: a, failurePolicy: fail_open, reloadConfig: {}, vm_config: {}, failure_policy: 1}",
            ),
            "",
        ),
        (
            mistakes("{root_id: a, failure_policy: [FAIL_OPEN]}"),
            "`failure_policy` is one of UNSPECIFIED, FAIL_RELOAD, FAIL_CLOSED, FAIL_OPEN",
        ),
    ] {
        assert_eq!(message, expected);
    }
}

#[test]
fn filters_are_found_by_nearly_their_names() {
    let near = |module: &str| {
        let text =
            format!("root_id: a\nvm_config: {{code: {{local: {{filename: /filters/{module}.wasm}}}}}}");
        let found = plugins(&text).unwrap();
        found[0].nearly(&["add-header", "ab"]).map(|(name, filter)| format!("{name} {filter}"))
    };
    for name in ["add-headr", "ad-haeder", "add_headers"] {
        assert_eq!(near(name), Some(format!("{name} add-header")));
    }
    assert_eq!((near("header"), near("abc"), near("coraza")), (None, None, None));
}

#[test]
fn envoy_reads_some_numbers_of_yaml_as_texts() {
    let of = |before: &str, number: &str, after: &str| {
        let any = format!(
            "{{\"@type\": type.googleapis.com/google.protobuf.Struct, \"value\": {{\"a\": {number}}}}}"
        );
        let bytes =
            configuration(&format!("{before}{{\"root_id\": \"a\", \"configuration\": {any}}}{after}"))
                .unwrap();
        bytes.strip_prefix(r"\n").unwrap()[4..].to_owned()
    };
    for (number, text) in
        [("1.10", r"\x1a\x041.10"), ("3000000000", r"\x1a\n3000000000"), ("&b -0.5", r"\x1a\x04-0.5")]
    {
        assert!(of("a: ", number, "").ends_with(text), "{number}: {}", of("a: ", number, ""));
    }
    assert!(of("a: ", "5", "").ends_with(r"\x11\x00\x00\x00\x00\x00\x00\x14@"));
    // JSON, and what Istio reads, keep the number.
    for (before, after) in [("", ""), ("apiVersion: a\nkind: EnvoyFilter\nspec: ", "")] {
        assert!(of(before, "1.5", after).ends_with(r"\x11\x00\x00\x00\x00\x00\x00\xf8?"), "{before}");
    }
}

#[test]
fn positions_are_those_of_the_file() {
    let block = |style: &str, content: &str| {
        format!(
            "# é\nroot_id: a\nconfiguration:\n  \"@type\": type.googleapis.com/google.protobuf.StringValue\n  value: {style}{content}\n"
        )
    };
    for (text, position) in [
        (block("|", "\n    {\"é\": 1,\n     \"limit\": 5}"), (7, 15)),
        (block(">-", "\n    {\"é\": 1,\n     \"limit\": 5}"), (7, 15)),
        (block("", "'{\"é\": 1, \"limit\": 5}'"), (5, 29)),
        (block("", "\"{\\\"é\\\": 1, \\\"limit\\\": 5}\""), (5, 33)),
        (block("|", "\n    limit: 5"), (6, 12)),
        ("root_id: a\nconfiguration:\n  \"@type\": type.googleapis.com/google.protobuf.Struct\n  value:\n    limit: 5".into(), (5, 12)),
    ] {
        let found = plugins(&text).unwrap();
        let (line, column) = position;
        let found = found[0].origin.of_value("limit");
        assert_eq!(found, Some(Position { line, column }), "{text}");
    }
    let text = block("|", "\n    {\"a\":\n      1,}");
    let origin = &plugins(&text).unwrap()[0].origin;
    let position = |line, column| Position { line, column };
    assert_eq!(origin.of_position(position(2, 5)), Some(position(7, 9)));
    assert_eq!(origin.start(), position(6, 5));
}

#[test]
fn a_config_map_has_files() {
    let envoy = "root_id: a\nconfiguration:\n  \"@type\": type.googleapis.com/google.protobuf.StringValue\n  value: |\n    {\n     \"limit\": 5}";
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  envoy.yaml: |\n    {}\n",
        envoy.replace('\n', "\n    ")
    );
    let found = plugins(&text).unwrap();
    assert_eq!((found.len(), found[0].root_id.as_deref()), (1, Some("a")), "{text}");
    let position = |line, column| Position { line, column };
    assert_eq!(found[0].origin.of_value("limit"), Some(position(10, 19)), "{text}");
    assert_eq!(found[0].origin.of_position(position(2, 2)), Some(position(10, 10)), "{text}");
    assert_eq!(found[0].start, position(5, 5));
}

#[test]
fn a_plain_configuration_is_json_yaml_or_text() {
    for (text, bytes) in [
        ("{\"a\": 1}\n", "{\"a\": 1}\n"),
        ("# why\na:\n  - 1\n", r#"{"a":[1]}"#),
        ("what ever you want", "what ever you want"),
        ("it's 5: no, yes", r#"{"it's 5":"no, yes"}"#),
        ("\"unclosed", "\"unclosed"),
        ("", ""),
    ] {
        assert_eq!(String::from_utf8(plain(text).unwrap().bytes).unwrap(), bytes);
    }
    assert_eq!(plain("a: 1\nb").unwrap_err().position.map(|position| position.line), Some(2));
    assert!(plain("a: 1\n---\nb: 1\n").unwrap_err().message.contains("one document"));
    assert_eq!(yaml("{a: [1]}").unwrap().bytes, br#"{"a":[1]}"#);
    assert_eq!(yaml("# nothing").unwrap().bytes, b"");
    assert_eq!(yaml("b: 1\na: 2").unwrap().bytes, br#"{"b":1,"a":2}"#);
    assert_eq!(json_or_yaml("{a: 1").unwrap().bytes, b"{a: 1");
    assert_eq!(json_or_yaml("# nothing").unwrap().bytes, b"");
    assert!(json_or_yaml("a: [").is_err());
    assert_eq!(yaml("a: 1\na: 2").unwrap_err().message, "duplicate mapping key: a");
    assert!(yaml("a: [").is_err());
    assert_eq!(plain("a:\n  b: 1").unwrap().origin.of_name("a.b"), Some(Position { line: 2, column: 3 }));
}
