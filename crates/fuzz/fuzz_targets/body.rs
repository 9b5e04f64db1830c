//! rate-limit-body charges what a body says, however it is cut.
//!
//! The cost is that which `serde_json` finds: in the whole body, or in the last line or event that has it. What is longer than
//! `max_bytes`, compressed, or no JSON costs the default. The body passes unchanged, part by part.
#![no_main]

use arbitrary::Arbitrary;
use fuzz::regexes::pick;
use fuzz::run;
use libfuzzer_sys::fuzz_target;
use proxy_model::{Plugin, Proxy, Request, Response};
use rate_limit_body::RateLimit;
use serde_json::{Value, json};

const KINDS: [&str; 6] = [
    "application/json",
    "text/event-stream",
    "Text/Event-Stream; charset=utf-8",
    "application/x-ndjson",
    "application/jsonl",
    "",
];

const POINTERS: [&str; 6] = ["/a/b", "/a", "/a/1/b", "/0", "/~1~0", "/"];

const TOKENS: [&str; 40] = [
    "data:",
    "data: ",
    "{\"a\":",
    "{\"a\": {\"b\": 7}}",
    "{\"a\":{\"b\":8.5}}",
    "{\"a\":4294967296}",
    "{\"a\":4294967295}",
    "}",
    "[",
    "]",
    ",",
    "\n",
    "\r\n",
    "\r",
    " ",
    "12",
    "\"b\"",
    "\"a\"",
    ":",
    "null",
    "{\"a\":[0,{\"b\":3}]}",
    "[5]",
    "0",
    "1e3",
    "-1",
    "-0.0",
    "1e400",
    "{\"/~\":2}",
    "{\"\":1}",
    "\u{feff}",
    "\"\\u0061\"",
    "{",
    "true",
    "event: x\n",
    "[DONE]",
    "\t",
    "data: {\"a\":{\"b\":6}}\n",
    "{\"a\":5}\n",
    "data: {\"a\": \"a long line\"}\r\n",
    "[4, {}]\n",
];

/// The default cost, unlike any in the tokens.
const DEFAULT: u32 = 77;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    kind: u8,
    is_compressed: bool,
    pointer: u8,
    max_bytes: u8,
    body: Vec<Piece<'a>>,
    cuts: Vec<u16>,
}

#[derive(Arbitrary, Debug)]
enum Piece<'a> {
    Token(u8),
    Raw(&'a [u8]),
}

/// Returns the tokens that a response costs, after checking that its body passes.
fn charged(proxy: &Proxy, plugin: &mut Plugin, response: Response) -> u64 {
    let charged = || {
        proxy.tick();
        let metrics = proxy.metrics();
        metrics.iter().find(|(name, _)| name.contains("charged.")).map_or(0, |(_, value)| *value)
    };
    let before = charged();
    plugin.set_upstream(response.clone());
    let exchange = plugin.send(0, &Request::get("/"));
    assert_eq!(exchange.response.body, response.body);
    charged() - before
}

/// What `serde_json` finds in a text that is an object or a list.
fn cost(json: &[u8], pointer: &str) -> Option<u32> {
    let tree: Value = serde_json::from_slice(json).ok()?;
    let number = tree.pointer(pointer)?.as_f64().filter(|_| tree.is_object() || tree.is_array())?;
    (0.0..=f64::from(u32::MAX)).contains(&number).then_some(number.ceil() as u32)
}

fn expected(kind: &str, body: &[u8], pointer: &str, max_bytes: usize) -> Option<u32> {
    let kind = kind.split(';').next().unwrap_or_default().to_ascii_lowercase();
    let is_space = |byte: &u8| b" \t\r\n".contains(byte);
    let (is_events, is_lines) =
        (kind == "text/event-stream", kind.contains("ndjson") || kind.contains("jsonl"));
    if !is_events && !is_lines {
        let start = body.iter().position(|byte| !is_space(byte)).unwrap_or(body.len());
        return cost(&body[start..], pointer).filter(|_| body.len() - start <= max_bytes);
    }
    let lines = body.split(|byte| b"\r\n".contains(byte)).filter(|line| line.len() <= max_bytes);
    let lines = lines.filter_map(|line| if is_events { line.strip_prefix(b"data:") } else { Some(line) });
    lines.filter_map(|line| cost(line, pointer)).next_back()
}

fuzz_target!(|input: Input<'_>| {
    let pieces = input.body.iter().map(|piece| match piece {
        Piece::Token(number) => pick(&TOKENS, *number).as_bytes(),
        Piece::Raw(bytes) => bytes,
    });
    let body: Vec<u8> = pieces.flatten().copied().collect();
    let (kind, pointer) = (pick(&KINDS, input.kind), pick(&POINTERS, input.pointer));
    let max_bytes = usize::from(input.max_bytes) + 1;
    let cost = json!({"response_json": pointer, "max_bytes": max_bytes, "default": DEFAULT});
    let rule = json!({"key": [], "limit": 1_000_000_000_000_u64, "period": "1d", "cost": cost});
    let (proxy, mut plugin) = run::http::<RateLimit>(&json!({"rules": [rule]})).expect("the rule is valid");
    let mut cuts: Vec<_> = input.cuts.iter().map(|cut| usize::from(*cut) % (body.len() + 1)).collect();
    cuts.extend([0, body.len()]);
    cuts.sort_unstable();
    let parts: Vec<_> =
        cuts.windows(2).map(|ends| body[ends[0]..ends[1]].to_vec()).filter(|part| !part.is_empty()).collect();
    let mut response = Response::new(200).header("content-type", kind);
    if input.is_compressed {
        response = response.header("content-encoding", "br");
    }
    let response = |body: Vec<Vec<u8>>| Response { body, ..response.clone() };
    let of_parts = charged(&proxy, &mut plugin, response(parts));
    let whole: Vec<_> = Some(body.clone()).into_iter().filter(|body| !body.is_empty()).collect();
    assert_eq!(of_parts, charged(&proxy, &mut plugin, response(whole)), "{}", body.escape_ascii());
    run::assert_framed(&proxy);
    // Of fields with one name, `serde_json` keeps the last.
    let text = String::from_utf8_lossy(&body);
    if ["\"a\"", "\"b\"", "\\u0061"].iter().map(|name| text.matches(name).count()).sum::<usize>() > 2 {
        return;
    }
    let found = expected(kind, &body, pointer, max_bytes).filter(|_| !input.is_compressed);
    assert_eq!(of_parts, u64::from(found.unwrap_or(DEFAULT)), "{kind} {pointer}: {}", body.escape_ascii());
});
