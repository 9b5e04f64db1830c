use proptest::prelude::*;

use super::*;
use crate::proxy_protocol;

fn endpoints_of(client: &str, server: &str) -> Option<Endpoints> {
    Endpoints::of(client.parse().unwrap(), server.parse().unwrap())
}

#[test]
fn lines() {
    let v4 = endpoints_of("192.0.2.1:5000", "198.51.100.2:443");
    let v6 = endpoints_of("[2001:db8::1]:0", "[2001:db8::2]:65535");
    for (line, endpoints) in [
        ("PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\n", v4),
        ("PROXY TCP6 2001:db8::1 2001:db8::2 0 65535\r\n", v6),
        ("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.2 5000 443\r\n", v4),
        ("PROXY UNKNOWN\r\n", None),
        ("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", None),
    ] {
        let expected = Preamble { size: line.len(), tlvs: line.len(), endpoints };
        assert_eq!(read(&[line.as_bytes(), b"PROXY rest\r\n"].concat()), Ok(expected), "{line:?}");
        for end in 0..line.len() {
            assert_eq!(read(&line.as_bytes()[..end]), Err(Unread::Incomplete), "{line:?} {end}");
        }
    }
}

#[test]
fn after_unknown_there_may_be_any_bytes() {
    let line = b"PROXY UNKNOWN \xff\0\r\n";
    assert_eq!(read(line), Ok(Preamble { size: line.len(), tlvs: line.len(), endpoints: None }));
    assert_eq!(read(b"PROXY TCP4 \xff\r\n"), Err(Unread::Malformed("has a malformed line")));
}

#[test]
fn malformed_lines() {
    for line in [
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 +2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2  2\r\n",
        "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 ::1 ::2 1 2\r\n",
        "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP6 fe80::1%1 ::2 1 2\r\n",
        "PROXY TCP4 a.example 192.0.2.2 1 2\r\n",
        "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY unknown\r\n",
    ] {
        assert_eq!(read(line.as_bytes()), Err(Unread::Malformed("has a malformed line")), "{line:?}");
    }
    let long = |size: usize| format!("PROXY UNKNOWN{}\r\n", " ".repeat(size - 15));
    assert!(read(long(107).as_bytes()).is_ok());
    assert_eq!(read(long(108).as_bytes()), Err(Unread::Malformed("has a malformed line")));
    assert_eq!(read(&long(108).as_bytes()[..106]), Err(Unread::Incomplete));
}

#[test]
fn other_bytes() {
    for bytes in ["GET / HTTP/1.1\r\n", "PROXYING", "PR ", "\r\n\r\nQUIT", "\0", "proxy TCP4"] {
        assert_eq!(read(bytes.as_bytes()), Err(Unread::Absent), "{bytes:?}");
    }
}

/// A header of version 2.
fn binary(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
    let length = u16::try_from(block.len()).unwrap().to_be_bytes();
    [SIGNATURE.as_slice(), &[command, family], &length, block].concat()
}

#[test]
fn what_the_filter_writes() {
    let tlvs = b"\x02\0\x09a.example\xe0\0\0\xe0\0\x02\0\xff";
    for endpoints in [
        endpoints_of("192.0.2.1:5000", "198.51.100.2:443"),
        endpoints_of("[2001:db8::1]:5000", "[2001:db8::2]:443"),
    ] {
        for is_checked in [true, false] {
            let mut header = proxy_protocol::version_2(endpoints, tlvs, is_checked);
            let size = header.len();
            let preamble = read(&[&header, SIGNATURE.as_slice()].concat()).unwrap();
            assert_eq!((preamble.size, preamble.endpoints), (size, endpoints));
            assert!(header[preamble.tlvs..].starts_with(tlvs));
            for end in 0..size {
                assert_eq!(read(&header[..end]), Err(Unread::Incomplete), "{end}");
            }
            // A bit in an address.
            header[20] ^= 1;
            let wrong = read(&header) == Err(Unread::Malformed("has a wrong checksum"));
            assert_eq!(wrong, is_checked);
        }
    }
}

#[test]
fn headers_without_ip_addresses() {
    for (command, family, length) in [
        (0x20, 0x00, 0),
        (0x20, 0x11, 12),
        (0x20, 0xff, 3),
        (0x21, 0x00, 0),
        (0x21, 0x00, 7),
        (0x21, 0x31, 216),
    ] {
        let header = binary(command, family, &vec![0xff; length]);
        let size = header.len();
        let expected = Preamble { size, tlvs: size, endpoints: None };
        assert_eq!(read(&header), Ok(expected), "{command:#x} {family:#x}");
    }
}

#[test]
fn malformed_headers() {
    let v4 = [0; 12];
    let with = |end: &[u8]| [v4.as_slice(), end].concat();
    for (header, expected) in [
        (binary(0x11, 0x11, &v4), "is not for TCP, or of another version"),
        (binary(0x22, 0x11, &v4), "is not for TCP, or of another version"),
        (binary(0x21, 0x12, &v4), "is not for TCP, or of another version"),
        (binary(0x21, 0x41, &v4), "is not for TCP, or of another version"),
        (binary(0x21, 0x11, &v4[1..]), "has no addresses"),
        (binary(0x21, 0x21, &[0; 35]), "has no addresses"),
        (binary(0x21, 0x11, &with(&[0xe0])), "has a TLV that is cut off"),
        (binary(0x21, 0x11, &with(&[0xe0, 0])), "has a TLV that is cut off"),
        (binary(0x21, 0x11, &with(&[0xe0, 0, 1])), "has a TLV that is cut off"),
        (binary(0x21, 0x11, &with(&[0xe0, 0, 1, 7, 0xe1])), "has a TLV that is cut off"),
        (binary(0x21, 0x11, &with(&[0x03, 0, 0])), "has a wrong checksum"),
        (binary(0x21, 0x11, &with(&[0x03, 0, 4, 0, 0, 0, 0])), "has a wrong checksum"),
        // Refused before the rest arrives.
        (binary(0x20, 0x00, &[0; 4081])[..16].to_vec(), "is over 4096 bytes"),
    ] {
        assert_eq!(read(&header), Err(Unread::Malformed(expected)), "{}", header.escape_ascii());
    }
    let padded = binary(0x21, 0x11, &with(&[0x04, 0, 2, 0, 0]));
    assert!(read(&padded).is_ok());
    assert!(read(&binary(0x20, 0x00, &[0; 4080])).is_ok());
}

/// Bytes that often begin like a header.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let any = || prop::collection::vec(any::<u8>(), 0..300);
    let header = (0x20..0x22_u8, prop::sample::select(&[0x00, 0x11, 0x21, 0x31][..]), any());
    let header = header.prop_map(|(command, family, block)| binary(command, family, &block));
    let line = "PROXY (UNKNOWN|TCP[46])?( [0-9a-f:.]{0,9}){0,5}\r?\n?".prop_map(String::into_bytes);
    let start =
        prop_oneof![Just(Vec::new()), Just(SIGNATURE.to_vec()), Just(VERSION_1.to_vec()), header, line];
    (start, any()).prop_map(|(start, rest)| [start, rest].concat())
}

proptest! {
    /// However the bytes are cut into chunks, the result is the same.
    #[test]
    fn more_bytes_change_nothing(bytes in bytes()) {
        let whole = read(&bytes);
        for end in 0..bytes.len() {
            let part = read(&bytes[..end]);
            prop_assert!(part == Err(Unread::Incomplete) || part == whole, "{end}: {part:?}, then {whole:?}");
        }
        prop_assert!(!whole.is_ok_and(|preamble| preamble.size > bytes.len()));
    }
}
