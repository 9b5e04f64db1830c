//! Checks that the READMEs match what happens.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::fixture::{Fixture, PLAIN};
use harness::http::Request;
use harness::transcript::expect_header;
use harness::{built, parts, recorder};
use serde_json::{Value, json};

use crate::Case;

pub(crate) const TESTS: [Case; 3] = [
    ("readmes_configurations_do_what_it_says", examples),
    ("readmes_picture_is_true", picture),
    ("readmes_quote_files_of_deploy", parts_of_files),
];

fn parts_of_files(_: &Fixture) -> Result<()> {
    for (readme, heading, file) in [
        ("README.md", "## Deploy", "deploy/envoy/add-header.yaml"),
        ("filters/tcp-prepend/README.md", "# ", "deploy/envoy/server-first.yaml"),
    ] {
        let page = fs::read_to_string(parts::root().join(readme))?;
        let shown = dense(&block_after(&page, heading, "yaml")?);
        let whole = dense(&unrestricted(&fs::read_to_string(parts::root().join(file))?));
        ensure!(whole.contains(&shown), "{readme} quotes what {file} does not contain:\n{shown}");
    }
    Ok(())
}

/// Removes what a module may call, which takes a dozen lines: the READMEs link to it.
fn unrestricted(yaml: &str) -> String {
    let mut kept = String::new();
    let mut lines = yaml.lines().peekable();
    let indent = |line: &str| line.len().saturating_sub(line.trim_start().len());
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("# What the module imports") {
            continue;
        }
        if line.trim_start() == "capability_restriction_config:" {
            while lines.next_if(|next| indent(next) > indent(line)).is_some() {}
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// Removes indentation, because a quote is indented less than its file.
fn dense(yaml: &str) -> String {
    yaml.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

/// Each filter's configuration is YAML. Envoy gets it as a Struct, Istio's agent as JSON text.
fn examples(fixture: &Fixture) -> Result<()> {
    let readme = fs::read_to_string(parts::root().join("README.md"))?;
    let forms: [fn(&str, Value) -> Filter; 2] = [
        |name, value| {
            built::configured(
                name,
                json!({"@type": "type.googleapis.com/google.protobuf.Struct", "value": value}),
            )
        },
        |name, value| built::filter(name, &value.to_string()),
    ];
    // A proxy before this one says whether the client used https.
    let proxy = Bootstrap::default().trusted_hops(1);
    let mut proxy = proxy.cluster("http", fixture.httpbin()).cluster("tcp", fixture.recorder.address());
    for (form, filter) in forms.iter().enumerate() {
        for name in ["add-header", "path-rewrite", "rate-limit", "tcp-prepend"] {
            let shown = block_after(&readme, &format!("[**{name}**]"), "yaml")?;
            let (listener, filters) =
                (format!("{name}-{form}"), [filter(name, serde_saphyr::from_str(&shown)?)]);
            proxy = match name {
                "tcp-prepend" => proxy.tcp(&listener, &filters, "tcp"),
                _ => proxy.http(&listener, &filters, "http"),
            };
        }
    }
    let envoy = Envoy::start(&proxy)?;
    for form in 0..forms.len() {
        let get = |name: &str, target: &str, header: (&str, &str)| {
            envoy.send(&format!("{name}-{form}"), &Request::get(target).header(header.0, header.1))
        };
        // A browser reads the first header only, so the upstream's own must not remain.
        let own = "/response-headers?strict-transport-security=max-age%3D0";
        for (scheme, values) in [("https", ["max-age=31536000"]), ("http", ["max-age=0"])] {
            let response = get("add-header", own, ("x-forwarded-proto", scheme))?;
            expect_header(&response, "strict-transport-security", &values)?;
        }
        let stripped = get("path-rewrite", "/api/v1/status/418", ("x-a", ""))?;
        ensure!(stripped.status == 418, "the prefix stays:\n{stripped}");
        let moved = get("path-rewrite", "/old", ("x-a", ""))?;
        ensure!(moved.status == 301, "expected status 301:\n{moved}");
        expect_header(&moved, "location", &["http://a.example/new"])?;
        for (header, values) in [("x-api-key", ["\"per-key\";r=99;t=1"].as_slice()), ("x-a", &[])] {
            expect_header(&get("rate-limit", "/get", (header, "a"))?, "ratelimit", values)?;
        }
        let address = envoy.address(&format!("tcp-prepend-{form}"))?;
        let (_, arrived) =
            fixture.recorder.record(|| recorder::send(address, &[b"hello"], Duration::ZERO))?;
        let preamble = b"\r\n\r\n\0\r\nQUIT\n";
        ensure!(arrived.starts_with(preamble) && arrived.ends_with(b"hello"), "{}", arrived.escape_ascii());
    }
    Ok(())
}

/// The picture's messages, from top to bottom and left to right.
fn picture(fixture: &Fixture) -> Result<()> {
    let picture = fs::read_to_string(parts::root().join("docs/request.svg"))?;
    let (sent, rewritten) = ("/banana/418", "/status/418");
    let send = |listener: &str, target: &str| fixture.envoy.send(listener, &Request::get(target));
    let (plain, filtered, upstream) = (send(PLAIN, sent)?, send("s1", sent)?, send(PLAIN, rewritten)?);
    let header = |name: &str| format!("{name}: {}", filtered.values(name).concat());
    let [without, from_upstream, with] =
        [&plain, &upstream, &filtered].map(|response| response.status.to_string());
    let [original, changed] = [sent, rewritten].map(|target| format!("GET {target}"));
    let happened = [
        [&original, &original, &without, &without].map(String::clone).as_slice(),
        &[original.clone(), changed, from_upstream, with, header("site"), header("injected-by")],
    ]
    .concat();
    let texts = picture.split("class=\"message").skip(1).filter_map(|rest| rest.split_once('>'));
    let shown = texts.filter(|(attributes, _)| !attributes.contains("center"));
    let shown: Vec<_> = shown.filter_map(|(_, rest)| Some(rest.split_once('<')?.0)).collect();
    ensure!(shown == happened, "docs/request.svg shows {shown:?}, but this happened: {happened:?}");
    Ok(())
}

/// Returns the first code block in a language after some text of a page.
fn block_after(page: &str, text: &str, language: &str) -> Result<String> {
    let (_, rest) = page.split_once(text).with_context(|| format!("the page has no `{text}`"))?;
    let (_, rest) = rest.split_once(&format!("```{language}\n")).context("the page has no such block")?;
    let (block, _) =
        rest.split_once("\n```").or_else(|| rest.split_once("\n  ```")).context("the block does not end")?;
    Ok(format!("{block}\n"))
}
