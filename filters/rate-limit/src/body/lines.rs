//! Splits a body into JSON texts, wherever its parts end.

/// How a body holds JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// The body is one text.
    Whole,
    /// Each line is one text.
    Lines,
    /// Server-sent events (WHATWG HTML, "Server-sent events"): each `data` line is one text.
    Events,
}

impl Format {
    /// Determines the format by a content type.
    pub(super) fn of(content_type: &[u8]) -> Self {
        let kind = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let is = |kinds: &[&str]| kinds.iter().any(|it| kind.eq_ignore_ascii_case(it.as_bytes()));
        match () {
            () if is(&["text/event-stream"]) => Self::Events,
            () if is(&["application/x-ndjson", "application/ndjson", "application/jsonl"]) => Self::Lines,
            () => Self::Whole,
        }
    }

    /// Returns the JSON of a line. `None` if there is none: what is not an object or a list has no fields.
    fn json(self, line: &[u8]) -> Option<&[u8]> {
        let text = if self == Self::Events { line.strip_prefix(b"data:")? } else { line };
        let text = after_space(text);
        text.starts_with(b"{").then_some(text).or_else(|| text.starts_with(b"[").then_some(text))
    }
}

/// Drops JSON's white space in front (RFC 8259, section 2).
fn after_space(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    start.and_then(|start| text.get(start..)).unwrap_or_default()
}

/// The bytes of a body that are still needed.
#[derive(Debug)]
pub(super) struct Lines {
    format: Format,
    /// The line so far.
    line: Vec<u8>,
    /// Whether the line is too long, or the whole body is not JSON. Its bytes are dropped.
    is_dropped: bool,
}

impl Lines {
    pub(super) fn new(format: Format) -> Self {
        Self { format, line: Vec::new(), is_dropped: false }
    }

    /// Adds the next bytes of a body. Calls `see` with each JSON text that they complete. Lines of more than `limit` bytes are
    /// dropped.
    pub(super) fn push(&mut self, bytes: &[u8], limit: usize, mut see: impl FnMut(&[u8])) {
        if self.format == Format::Whole {
            let bytes = if self.line.is_empty() { after_space(bytes) } else { bytes };
            let begins = |first: &u8| matches!(first, b'{' | b'[');
            self.is_dropped =
                self.is_dropped || self.line.is_empty() && bytes.first().is_some_and(|first| !begins(first));
            return self.append(bytes, limit);
        }
        let is_end = |byte: &u8| matches!(*byte, b'\n' | b'\r');
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(is_end) {
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
            self.append(line, limit);
            self.end(&mut see);
            rest = after.get(1..).unwrap_or_default();
        }
        self.append(rest, limit);
    }

    /// Returns whether more bytes matter.
    pub(super) fn wants_more(&self) -> bool {
        self.format != Format::Whole || !self.is_dropped
    }

    /// Ends the line.
    pub(super) fn end(&mut self, see: impl FnOnce(&[u8])) {
        if let Some(json) = self.format.json(&self.line).filter(|_| !self.is_dropped) {
            see(json);
        }
        self.line.clear();
        self.is_dropped = false;
    }

    fn append(&mut self, bytes: &[u8], limit: usize) {
        self.is_dropped = self.is_dropped || self.line.len().saturating_add(bytes.len()) > limit;
        match self.is_dropped {
            true => self.line = Vec::new(),
            false => self.line.extend_from_slice(bytes),
        }
    }
}

#[cfg(test)]
impl Lines {
    /// Returns how many bytes are allocated.
    pub(super) fn kept(&self) -> usize {
        self.line.capacity()
    }
}
