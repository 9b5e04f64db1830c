//! tcp-prepend sends its payload once, before the first byte of each direction, and all bytes after it in order.
//!
//! How the bytes are cut makes no difference, unless the payload goes before each chunk. A direction without a payload passes its
//! bytes unchanged. A peer that sends nothing gets no payload sent, unless `on_empty` is `send`.
#![no_main]

use arbitrary::Arbitrary;
use fuzz::run;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use tcp_prepend::TcpPrepend;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    to_upstream: Option<Prefix<'a>>,
    to_client: Option<Prefix<'a>>,
    sends_on_empty: bool,
    from_client: Vec<&'a [u8]>,
    from_upstream: Vec<&'a [u8]>,
}

#[derive(Arbitrary, Debug)]
struct Prefix<'a> {
    payload: &'a [u8],
    is_text: bool,
    most_chunks: Option<u8>,
    every_chunk: bool,
}

/// A payload of so many bytes is too long.
const LONGEST: usize = 4097;

/// What is sent if no direction is given.
const DEFAULT: Prefix<'_> = Prefix {
    payload: b"prepend payload to downstream data",
    is_text: true,
    most_chunks: None,
    every_chunk: false,
};

impl Prefix<'_> {
    fn configuration(&self) -> Value {
        let hex: String = self.payload.iter().map(|byte| format!("{byte:02x}")).collect();
        let payload = match str::from_utf8(self.payload) {
            Ok(text) if self.is_text => json!({"text": text}),
            _ => json!({"hex": hex}),
        };
        let mut fields = json!({"payload": payload, "every_chunk": self.every_chunk});
        if let Some(most) = self.most_chunks.filter(|_| self.every_chunk) {
            fields["most_chunks"] = most.into();
        }
        fields
    }

    /// Returns why the filter has to refuse it.
    fn refusal(&self) -> Option<&'static str> {
        match (self.payload.len(), self.every_chunk, self.most_chunks) {
            (0, ..) => Some("empty: give the bytes to send"),
            (LONGEST.., ..) => Some("a payload may have 4096 at most"),
            (_, true, Some(0)) => Some("with 0 chunks nothing is sent"),
            _ => None,
        }
    }

    fn most_chunks(&self) -> usize {
        match (self.every_chunk, self.most_chunks) {
            (false, _) => 1,
            (true, most) => most.map_or(usize::MAX, usize::from),
        }
    }
}

/// Returns what arrives at the other end.
fn expected(prefix: Option<&Prefix<'_>>, chunks: &[&[u8]], sends_on_empty: bool) -> Vec<u8> {
    let Some(prefix) = prefix else { return chunks.concat() };
    let mut left = prefix.most_chunks();
    let mut bytes = Vec::new();
    for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
        if left > 0 {
            bytes.extend_from_slice(prefix.payload);
            left -= 1;
        }
        bytes.extend_from_slice(chunk);
    }
    if bytes.is_empty() && sends_on_empty && left > 0 {
        bytes.extend_from_slice(prefix.payload);
    }
    bytes
}

fuzz_target!(|input: Input<'_>| {
    let mut configuration = json!({"on_empty": if input.sends_on_empty { "send" } else { "skip" }});
    for (field, prefix) in [("to_upstream", &input.to_upstream), ("to_client", &input.to_client)] {
        prefix.iter().for_each(|prefix| configuration[field] = prefix.configuration());
    }
    let prefixes = [&input.to_upstream, &input.to_client].into_iter().flatten();
    let wrong: Vec<_> = prefixes.filter_map(Prefix::refusal).collect();
    let (proxy, plugin) = match run::tcp::<TcpPrepend>(&configuration) {
        Ok(loaded) => loaded,
        Err(line) => return run::assert_refused(&line, &wrong),
    };
    assert!(wrong.is_empty(), "not refused: {wrong:?}");
    let exchange = plugin.send_tcp(0, &input.from_client, &input.from_upstream);
    let sends = input.sends_on_empty;
    let is_default = input.to_upstream.is_none() && input.to_client.is_none();
    let to_upstream = input.to_upstream.as_ref().or(is_default.then_some(&DEFAULT));
    assert_eq!(exchange.upstream, expected(to_upstream, &input.from_client, sends));
    assert_eq!(exchange.client, expected(input.to_client.as_ref(), &input.from_upstream, sends));
    proxy.unload(&plugin);
});
