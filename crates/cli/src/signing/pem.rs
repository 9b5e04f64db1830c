//! Reads PEM files.

use anyhow::{Context, Result, ensure};
use data_encoding::BASE64;

/// One block of a PEM file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// What its first line names, such as `PUBLIC KEY`.
    pub(super) label: String,
    /// The decoded contents.
    pub(super) bytes: Vec<u8>,
}

/// Reads all blocks. Ignores text around them.
///
/// # Errors
/// There is no block, or one is damaged.
pub(super) fn blocks(text: &str) -> Result<Vec<Block>> {
    let (mut blocks, mut lines) = (Vec::new(), text.lines().map(str::trim));
    while let Some(line) = lines.next() {
        let Some(label) = between(line, "-----BEGIN ") else { continue };
        let body: Vec<_> = lines.by_ref().take_while(|line| between(line, "-----END ").is_none()).collect();
        let bytes = BASE64.decode(body.concat().as_bytes());
        let bytes = bytes.ok().with_context(|| format!("its block `{label}` is damaged"))?;
        blocks.push(Block { label: label.to_owned(), bytes });
    }
    ensure!(!blocks.is_empty(), "it is not a PEM file: no line begins with `-----BEGIN`");
    Ok(blocks)
}

fn between<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix("-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_file() {
        let text = "comment\r\n-----BEGIN A B-----\r\nAQID\r\nBA==\r\n-----END A B-----\r\n-----BEGIN C-----\n-----END C-----";
        let block = |label: &str, bytes: &[u8]| Block { label: label.into(), bytes: bytes.into() };
        assert_eq!(blocks(text).unwrap(), [block("A B", &[1, 2, 3, 4]), block("C", &[])]);
        for (wrong, expected) in [
            ("", "it is not a PEM file"),
            ("-----BEGIN A-----\nAQI\n-----END A-----", "its block `A` is damaged"),
            ("-----BEGIN A-----\nA-ID\n-----END A-----", "its block `A` is damaged"),
        ] {
            let error = blocks(wrong).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
