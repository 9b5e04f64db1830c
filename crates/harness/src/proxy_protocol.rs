//! PROXY protocol headers of version 2 as bytes: valid, and such as no proxy would send.

/// What a header begins with.
pub const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// The version and the command of a header that has the addresses of a connection through a proxy.
pub const PROXY: u8 = 0x21;

/// TCP over IPv4, with 12 bytes of addresses: two of IP, then two ports.
pub const TCP4: u8 = 0x11;

/// TCP over IPv6, with 36 bytes of addresses.
pub const TCP6: u8 = 0x21;

/// Writes a header. `command` is its version and its command, `family` the family of its addresses and the transport, and `rest`
/// its addresses and TLVs, whose length it states.
pub fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap_or(u16::MAX).to_be_bytes();
    [SIGNATURE, &[command, family], &length, rest].concat()
}

/// Writes a TLV.
pub fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[kind], &length[..], value].concat()
}
