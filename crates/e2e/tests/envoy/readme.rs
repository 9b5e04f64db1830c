//! Checks that the READMEs match what happens.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::bootstrap::Filter;
use harness::fixture::{Fixture, PLAIN};
use harness::http::Request;
use harness::transcript::{Transcript, expect_header};
use harness::{built, parts, recorder};
use serde_json::{Value, json};

use crate::Case;

pub(crate) const TESTS: [Case; 4] = [
    ("readmes_configurations_do_what_it_says", examples),
    ("readmes_picture_is_true", picture),
    ("readme_shows_a_real_request", request),
    ("readmes_quote_files_of_deploy", parts_of_files),
];

fn request(fixture: &Fixture) -> Result<()> {
    let mut transcript = Transcript::default();
    transcript.compare(fixture, "s1", &Request::get("/banana/418"))?;
    let happened: String = transcript
        .text()
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("     ").unwrap_or(line)))
        .collect();
    let shown = block_after(&fs::read_to_string(parts::root().join("README.md"))?, "# ", "text")?;
    ensure!(shown == happened, "README.md shows\n{shown}\nbut this happened:\n{happened}");
    Ok(())
}

fn parts_of_files(_: &Fixture) -> Result<()> {
    for (readme, heading, file) in [
        ("README.md", "## Deploy", "deploy/envoy/add-header.yaml"),
        ("filters/tcp-prepend/README.md", "# ", "deploy/envoy/server-first.yaml"),
    ] {
        let page = fs::read_to_string(parts::root().join(readme))?;
        let shown = dense(&block_after(&page, heading, "yaml")?);
        let whole = dense(&fs::read_to_string(parts::root().join(file))?);
        ensure!(whole.contains(&shown), "{readme} quotes what {file} does not contain:\n{shown}");
    }
    Ok(())
}

/// Removes indentation, because a quote is indented less than its file.
fn dense(yaml: &str) -> String {
    yaml.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

/// Each filter's configuration is YAML. Envoy gets it as a Struct, Istio's agent as JSON text.
fn examples(fixture: &Fixture) -> Result<()> {
    let readme = fs::read_to_string(parts::root().join("README.md"))?;
    for form in ["struct", "text"] {
        let listener = |filter: &str| format!("readme-{filter}-{form}");
        let filter = |name: &str| -> Result<[Filter; 1]> {
            let shown = block_after(&readme, &format!("[**{name}**]"), "yaml")?;
            let value: Value = serde_saphyr::from_str(&shown)?;
            Ok([match form {
                "struct" => {
                    let kind = "type.googleapis.com/google.protobuf.Struct";
                    built::configured(name, json!({"@type": kind, "value": value}))
                }
                _ => built::filter(name, &value.to_string()),
            }])
        };
        let [headers, paths, limits, bytes] =
            ["add-header", "path-rewrite", "rate-limit", "tcp-prepend"].map(filter);
        let (headers, paths, limits, bytes) = (headers?, paths?, limits?, bytes?);
        fixture.add(|bootstrap| {
            bootstrap
                .http(&listener("add-header"), &headers, "httpbin")
                .http(&listener("path-rewrite"), &paths, "httpbin")
                .http(&listener("rate-limit"), &limits, "httpbin")
                .tcp(&listener("tcp-prepend"), &bytes, "recorder")
        })?;
        let send = |filter: &str, request: &Request| fixture.envoy.send(&listener(filter), request);

        let secure = send("add-header", &Request::get("/get").header("x-forwarded-proto", "https"))?;
        expect_header(&secure, "strict-transport-security", &["max-age=31536000"])?;
        expect_header(&send("add-header", &Request::get("/get"))?, "strict-transport-security", &[])?;

        let stripped = send("path-rewrite", &Request::get("/api/v1/status/418"))?;
        ensure!(stripped.status == 418, "the prefix stays:\n{stripped}");
        let moved = send("path-rewrite", &Request::get("/old"))?;
        ensure!(moved.status == 301 && moved.values("location")[0].ends_with("/new"), "{moved}");

        let counted = send("rate-limit", &Request::get("/get").header("x-api-key", "a"))?;
        expect_header(&counted, "ratelimit", &["\"per-key\";r=99;t=1"])?;
        expect_header(&send("rate-limit", &Request::get("/get"))?, "ratelimit", &[])?;

        let client =
            || recorder::send(fixture.envoy.address(&listener("tcp-prepend"))?, &[b"hello"], Duration::ZERO);
        let (_, arrived) = fixture.recorder.record(client)?;
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
