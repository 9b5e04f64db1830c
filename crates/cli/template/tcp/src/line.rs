//! The first line of what a client sends, which may arrive in any number of chunks.

/// The state of a connection.
#[derive(Debug, Default)]
pub struct Line {
    length: usize,
    has_ended: bool,
}

impl Line {
    /// Reads the next bytes of the connection.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        self.has_ended = end.is_some();
        self.length = self.length.saturating_add(end.unwrap_or(bytes.len()));
    }

    /// Returns the number of bytes so far, without the line feed.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Returns whether the line feed has arrived.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_parts_of_the_line() {
        let mut line = Line::default();
        line.read(b"HEL");
        assert_eq!((line.length(), line.has_ended()), (3, false));
        line.read(b"LO\nmore");
        assert_eq!((line.length(), line.has_ended()), (5, true));
    }
}
