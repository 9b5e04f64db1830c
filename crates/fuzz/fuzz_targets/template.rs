//! A template gives what its parts give, one after the other.
//!
//! The source of each template is written from its parts, so what it has to give is known without parsing it.
#![no_main]

use std::fmt::Write;
use std::num::NonZeroU16;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use proxy_filter::headers::{HeaderPairs, HeaderValue};
use proxy_filter::inputs::{Inputs, Snapshot};
use proxy_filter::template::Template;

/// Headers that templates read. Requests may have each several times, or not at all.
const NAMES: [&str; 4] = [":authority", ":path", "x-a", "x-b"];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    parts: Vec<Part<'a>>,
    request: Vec<(u8, &'a str)>,
    default: Option<&'a [u8]>,
}

#[derive(Arbitrary, Debug)]
enum Part<'a> {
    Text(&'a str),
    Percent,
    Header { name: u8, other: Option<u8>, limit: Option<NonZeroU16> },
}

fn name(number: u8) -> &'static str {
    NAMES[usize::from(number) % NAMES.len()]
}

impl Part<'_> {
    fn write(&self, source: &mut String) {
        let written = match self {
            Self::Text(text) => write!(source, "{}", text.replace('%', "")),
            Self::Percent => write!(source, "%%"),
            Self::Header { name: first, other, limit } => {
                let other = other.map(|other| format!("?{}", name(other))).unwrap_or_default();
                let limit = limit.map(|limit| format!(":{limit}")).unwrap_or_default();
                write!(source, "%REQ({}{other}){limit}%", name(*first))
            }
        };
        written.expect("strings take all text");
    }

    fn value(&self, input: &Input<'_>) -> Option<Vec<u8>> {
        let header = |wanted: u8| {
            let mut values = input.request.iter().filter(|(number, _)| name(*number) == name(wanted));
            values.next().map(|(_, value)| value.as_bytes().to_vec())
        };
        match self {
            Self::Text(text) => Some(text.replace('%', "").into_bytes()),
            Self::Percent => Some(b"%".to_vec()),
            Self::Header { name, other, limit } => {
                let value = header(*name).or_else(|| header((*other)?));
                let mut value = value.or_else(|| input.default.map(<[u8]>::to_vec))?;
                value.truncate(limit.map_or(usize::MAX, |limit| limit.get().into()));
                Some(value)
            }
        }
    }
}

fuzz_target!(|input: Input<'_>| {
    let mut source = String::new();
    input.parts.iter().for_each(|part| part.write(&mut source));
    let Ok(template) = Template::parse(&source) else {
        // Only a text that no header may have is refused.
        assert!(HeaderValue::new(source.as_str()).is_err(), "refused: {source:?}");
        return;
    };
    let pairs = input.request.iter().map(|(number, value)| (name(*number), *value));
    let request = Snapshot::of(HeaderPairs::of(pairs));
    let rendered = template.render(&Inputs::of_request(&request), input.default);
    let expected: Option<Vec<Vec<u8>>> = input.parts.iter().map(|part| part.value(&input)).collect();
    assert_eq!(rendered.expect("headers need no host"), expected.map(|parts| parts.concat()), "{source:?}");
});
