//! Blocks of headers that are not HPACK, or use its odd parts.

use harness::h2::{self, flag, literal};

use super::first::after;
use crate::exchange::Expected::{Refused, Served};
use crate::kind::Kind;
use crate::message::{Message, STREAM, blocks};

/// Returns them.
pub(super) fn all() -> Vec<Kind> {
    let block =
        |name: &str, bytes: &[u8], expected| after(name, blocks(bytes, flag::END_STREAM, STREAM), expected);
    let request = h2::fields(Message::get("/").fields());
    let with = |bytes: &[u8]| [&*request, bytes].concat();
    // `x-a` with 4 KiB in the table, then a thousand references to it.
    let entry = [&[0x40][..], literal(b"x-a", &[b'a'; 4000]).get(1..).unwrap_or_default()].concat();
    let bomb = [entry, vec![0xbe; 1000]].concat();
    vec![
        block("static entries", b"\x82\x86\x84\x41\x09a.example", Served),
        block("index 0", &with(b"\x80"), Refused),
        block("an index beyond the table", &with(b"\xfe"), Refused),
        block("an endless index", &with(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), Refused),
        block("an endless length", &with(b"\x00\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff"), Refused),
        block("a length beyond the block", &with(b"\x00\x03x-a\x7e"), Refused),
        block("a bad Huffman code", &with(b"\x00\x03x-a\x84\xff\xff\xff\xff"), Refused),
        block("a table of 4 GiB", &[b"\x3f\xff\xff\xff\xff\x0f", &*request].concat(), Refused),
        block("a table size at the end", &with(b"\x20"), Refused),
        block("a value that is never indexed", &with(b"\x10\x03x-a\x01b"), Served),
        block("a bomb", &with(&bomb), Refused),
        block("no headers", b"", Refused),
        block("random bytes", &[0x5a; 300], Refused),
    ]
}
