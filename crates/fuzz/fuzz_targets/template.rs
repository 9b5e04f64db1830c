//! A template gives what its parts give, one after the other.
//!
//! The source of each template is written from its parts, so what it has to give is known without parsing it. Any other text is
//! a template, or is refused with an error of one line. Its text and the values of its commands are all that it gives.
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
    response: Vec<(u8, &'a str)>,
    default: Option<&'a [u8]>,
    other: &'a str,
}

#[derive(Arbitrary, Debug)]
enum Part<'a> {
    Text(&'a str),
    Percent,
    Header { source: Source, name: u8, other: Option<u8>, limit: Option<NonZeroU16> },
    Path { has_query: bool, limit: Option<NonZeroU16> },
}

/// Where a header is read, and how much of it.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Source {
    Request,
    RequestWithoutQuery,
    Response,
}

fn name(number: u8) -> &'static str {
    NAMES[usize::from(number) % NAMES.len()]
}

impl Part<'_> {
    fn write(&self, source: &mut String) {
        let written = match self {
            Self::Text(text) => write!(source, "{}", text.replace('%', "")),
            Self::Percent => write!(source, "%%"),
            Self::Header { source: from, name: first, other, limit } => {
                let command = match from {
                    Source::Request => "REQ",
                    Source::RequestWithoutQuery => "REQ_WITHOUT_QUERY",
                    Source::Response => "RESP",
                };
                let other = other.map(|other| format!("?{}", name(other))).unwrap_or_default();
                write!(source, "%{command}({}{other}){}%", name(*first), written(*limit))
            }
            Self::Path { has_query, limit } => {
                write!(source, "%PATH{}{}%", if *has_query { "" } else { "(NQ)" }, written(*limit))
            }
        };
        written.expect("strings take all text");
    }

    fn value(&self, input: &Input<'_>) -> Option<Vec<u8>> {
        let (value, limit) = match self {
            Self::Text(text) => return Some(text.replace('%', "").into_bytes()),
            Self::Percent => return Some(b"%".to_vec()),
            Self::Header { source, name: first, other, limit } => {
                let from = if matches!(source, Source::Response) { &input.response } else { &input.request };
                let header = |wanted: &str| from.iter().find(|(number, _)| name(*number) == wanted);
                let value = header(name(*first)).or_else(|| header(name((*other)?))).map(|(_, value)| *value);
                let is_cut = matches!(source, Source::RequestWithoutQuery);
                (value.map(|value| if is_cut { without_query(value) } else { value }), limit)
            }
            Self::Path { has_query, limit } => {
                let path = input.request.iter().find(|(number, _)| name(*number) == ":path");
                (path.map(|(_, path)| if *has_query { *path } else { without_query(path) }), limit)
            }
        };
        let mut value = value.map(str::as_bytes).or(input.default)?.to_vec();
        value.truncate(limit.map_or(usize::MAX, |limit| limit.get().into()));
        Some(value)
    }
}

fn written(limit: Option<NonZeroU16>) -> String {
    limit.map(|limit| format!(":{limit}")).unwrap_or_default()
}

fn without_query(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

fuzz_target!(|input: Input<'_>| {
    let mut source = String::new();
    input.parts.iter().for_each(|part| part.write(&mut source));
    let Ok(template) = Template::parse(&source) else {
        // Only a text that no header may have is refused.
        assert!(HeaderValue::new(source.as_str()).is_err(), "refused: {source:?}");
        return;
    };
    let pairs = |headers: &[(u8, &str)]| {
        HeaderPairs::of(headers.iter().map(|(number, value)| (name(*number), *value)).collect::<Vec<_>>())
    };
    let (request, response) = (Snapshot::of(pairs(&input.request)), pairs(&input.response));
    let inputs = Inputs { request: &request, response: &response };
    let rendered = template.render(&inputs, input.default);
    let expected: Option<Vec<Vec<u8>>> = input.parts.iter().map(|part| part.value(&input)).collect();
    assert_eq!(rendered.expect("headers need no host"), expected.map(|parts| parts.concat()), "{source:?}");
    match Template::parse(input.other) {
        Ok(other) => {
            let longest = input.request.iter().chain(&input.response).map(|(_, value)| value.len()).max();
            let longest = longest.unwrap_or_default().max(input.default.map_or(0, <[u8]>::len));
            let percents = input.other.matches('%').count();
            // The host is not there, so commands that read attributes fail.
            if let Ok(Some(text)) = other.render(&inputs, input.default) {
                assert!(text.len() <= input.other.len() + percents / 2 * longest, "{}", input.other);
                assert!(other.constant().is_none_or(|constant| constant == text), "{}", input.other);
            }
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control), "{error:?}"),
    }
});
