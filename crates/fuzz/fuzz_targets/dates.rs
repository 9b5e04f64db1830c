//! `%START_TIME(format)%` shows what chrono shows.
//!
//! A format is written from its specifiers, so what it has to give is known without parsing it.
#![no_main]

use std::rc::Rc;

use arbitrary::Arbitrary;
use chrono::{DateTime, Utc};
use libfuzzer_sys::fuzz_target;
use proxy_filter::HostError;
use proxy_filter::inputs::{Inputs, Snapshot};
use proxy_filter::sys::{Host, with_host};
use proxy_filter::template::Template;

/// The specifiers that both know.
const SPECIFIERS: [&str; 13] = ["%Y", "%m", "%d", "%H", "%M", "%S", "%F", "%T", "%a", "%b", "%z", "%Z", "%s"];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    nanoseconds: i64,
    parts: Vec<Part<'a>>,
    raw: &'a str,
}

#[derive(Arbitrary, Debug)]
enum Part<'a> {
    Specifier(u8),
    /// So many digits of the fraction of a second.
    Fraction(u8),
    Text(&'a str),
}

struct Clock(i64);

impl Host for Clock {
    fn get_property(&self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        assert_eq!(path, b"request\0time");
        Ok(self.0.to_le_bytes().to_vec())
    }
}

impl Part<'_> {
    fn write(&self, time: DateTime<Utc>, format: &mut String, expected: &mut String) {
        match self {
            Self::Specifier(number) => {
                let specifier = SPECIFIERS[usize::from(*number) % SPECIFIERS.len()];
                format.push_str(specifier);
                expected.push_str(&time.format(specifier).to_string());
            }
            Self::Fraction(digits) => {
                let digits = usize::from(digits % 9) + 1;
                format.push_str(&format!("%{digits}f"));
                expected.push_str(&format!("{:09}", time.timestamp_subsec_nanos())[..digits]);
            }
            Self::Text(text) => {
                let text = plain(text);
                format.push_str(&text);
                expected.push_str(&text);
            }
        }
    }
}

/// Removes what ends a command, and what no header value may have.
fn plain(text: &str) -> String {
    text.chars().filter(|char| !char.is_control() && !matches!(char, '%' | '(' | ')')).collect()
}

fuzz_target!(|input: Input<'_>| {
    // Envoy's times are after 1970.
    let nanoseconds = input.nanoseconds & i64::MAX;
    let time = DateTime::from_timestamp_nanos(nanoseconds);
    let (mut format, mut expected) = (String::new(), String::new());
    input.parts.iter().for_each(|part| part.write(time, &mut format, &mut expected));
    if format.is_empty() {
        expected = time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    }
    let shown = shown(&format, nanoseconds).expect("the specifiers are known");
    assert_eq!(String::from_utf8(shown.expect("the time is known")).as_ref(), Ok(&expected), "{format}");
    // Other formats are refused, or have a value for every time. A bracket would end the format, and another command begin.
    if !input.raw.contains(')')
        && let Some(shown) = self::shown(input.raw, nanoseconds)
    {
        assert!(shown.is_some(), "{}", input.raw);
    }
});

/// Returns `None` if the format is refused.
fn shown(format: &str, nanoseconds: i64) -> Option<Option<Vec<u8>>> {
    let template = Template::parse(&format!("%START_TIME({format})%")).ok()?;
    let request = Snapshot::default();
    let render = || template.render(&Inputs::of_request(&request), None);
    Some(with_host(Rc::new(Clock(nanoseconds)), render).expect("the host has the time"))
}
