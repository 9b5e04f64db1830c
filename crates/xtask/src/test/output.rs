//! Reads the output of test binaries line by line.

use std::io::{BufRead, BufReader, Read};

/// Passes each line of a stream to `pass_on`, until its end.
pub(crate) fn each_line(stream: Option<impl Read>, pass_on: impl Fn(String)) {
    let Some(stream) = stream else { return };
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).is_ok_and(|size| size > 0) {
        pass_on(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
        line.clear();
    }
}
