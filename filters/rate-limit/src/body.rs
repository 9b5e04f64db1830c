//! Costs in the bodies of responses, which the filter reads as they pass.

use proxy_filter::config::ConfigError;
use proxy_filter::headers::{HeaderName, HeaderPairs};

use lines::{Format, Lines};

mod lines;
mod number;

const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
const CONTENT_ENCODING: HeaderName = HeaderName::from_static("content-encoding");

/// The most bytes that `max_bytes` allows: a stream keeps as many.
const MAX_BYTES: u32 = 1 << 20;

/// The default of `max_bytes`.
const DEFAULT_BYTES: u32 = 1 << 16;

/// A number in the JSON of a body.
#[derive(Debug, Hash)]
pub(crate) struct JsonCost {
    /// The pointer's segments, decoded.
    pointer: Vec<String>,
    max_bytes: usize,
}

impl JsonCost {
    /// Compiles a JSON pointer (RFC 6901).
    pub(crate) fn new(pointer: &str, max_bytes: Option<u32>) -> Result<Self, ConfigError> {
        let max_bytes = match max_bytes.unwrap_or(DEFAULT_BYTES) {
            bytes @ 1..=MAX_BYTES => usize::try_from(bytes).unwrap_or(usize::MAX),
            bytes => {
                let wrong = format!("{bytes} is out of range: give 1 to {MAX_BYTES} bytes");
                return Err(ConfigError::new(wrong).in_field("max_bytes"));
            }
        };
        let pointer = segments(pointer).ok_or_else(|| {
            let wrong = format!(
                "`{pointer}` is not a JSON pointer to a field: begin each segment with `/`, as in \"/usage/total_tokens\", and \
                 write `~` as `~0`, and `/` in a name as `~1`"
            );
            ConfigError::new(wrong).in_field("response_json")
        })?;
        Ok(Self { pointer, max_bytes })
    }

    /// Begins with the headers of a response. `Err` gives the content encoding of a compressed body, which the filter cannot
    /// read.
    pub(crate) fn reader(&self, response: &HeaderPairs) -> Result<Reader, String> {
        let encoding = response.first(&CONTENT_ENCODING).map(<[u8]>::trim_ascii).unwrap_or_default();
        if !encoding.is_empty() && !encoding.eq_ignore_ascii_case(b"identity") {
            return Err(encoding.escape_ascii().to_string());
        }
        let kind = response.first(&CONTENT_TYPE).unwrap_or_default();
        Ok(Reader { lines: Lines::new(Format::of(kind)), found: None })
    }
}

fn segments(pointer: &str) -> Option<Vec<String>> {
    let segment = |segment: &str| {
        let is_escaped = segment.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        is_escaped.then(|| segment.replace("~1", "/").replace("~0", "~"))
    };
    pointer.strip_prefix('/')?.split('/').map(segment).collect()
}

/// Reads the cost of one response.
#[derive(Debug)]
pub(crate) struct Reader {
    lines: Lines,
    found: Option<u32>,
}

impl Reader {
    /// Returns whether more bytes of the body matter.
    pub(crate) fn wants_more(&self) -> bool {
        self.lines.wants_more()
    }

    /// Reads the next bytes of the body.
    pub(crate) fn read(&mut self, cost: &JsonCost, bytes: &[u8]) {
        let Self { lines, found } = self;
        lines.push(bytes, cost.max_bytes, |json| *found = number::at(&cost.pointer, json).or(*found));
    }

    /// Returns the cost in the body so far.
    pub(crate) fn found(&mut self, cost: &JsonCost) -> Option<u32> {
        let Self { lines, found } = self;
        lines.end(|json| *found = number::at(&cost.pointer, json).or(*found));
        self.found
    }
}

#[cfg(test)]
mod tests;
