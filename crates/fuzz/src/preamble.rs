//! What a client of tcp-prepend sends first.

use std::net::{IpAddr, SocketAddr};

use arbitrary::Arbitrary;

use crate::proxy_protocol::{self, LONGEST};

/// An address of a connection.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Address {
    /// In the network whose headers are merged.
    Trusted([u8; 3], u16, bool),
    V4([u8; 4], u16),
    V6([u8; 16], u16),
    Unix,
}

/// What the client sends first.
#[derive(Arbitrary, Debug)]
pub enum Begin<'a> {
    Nothing,
    Unknown(&'a str),
    Line {
        client: Address,
        server: Address,
        family: bool,
    },
    Binary {
        first: Option<[u8; 2]>,
        client: Address,
        server: Address,
        tlvs: Vec<(u8, &'a [u8])>,
        is_checked: bool,
    },
    Long {
        kind: u8,
        length: u16,
    },
}

impl Address {
    /// `None` for a path.
    pub fn socket(self) -> Option<SocketAddr> {
        Some(match self {
            Self::Trusted([a, b, c], port, false) => (IpAddr::from([10, a, b, c]), port).into(),
            Self::Trusted([a, b, c], port, true) => {
                let [b0, b1] = [10, a].map(u16::from);
                let mapped = [0, 0, 0, 0, 0, 0xffff, b0 << 8 | b1, u16::from(b) << 8 | u16::from(c)];
                (IpAddr::from(mapped), port).into()
            }
            Self::V4(ip, port) => (IpAddr::from(ip), port).into(),
            Self::V6(ip, port) => (IpAddr::from(ip), port).into(),
            Self::Unix => return None,
        })
    }

    /// Returns the value of its attribute.
    pub fn attribute(self) -> String {
        self.socket().map_or("/run/envoy.sock".into(), |address| address.to_string())
    }
}

impl Begin<'_> {
    /// Returns what is sent. Addresses of a line or of a binary header may be of two families.
    pub fn bytes(&self) -> Vec<u8> {
        let both = |client: Address, server: Address| Some([client.socket()?, server.socket()?]);
        match self {
            Self::Nothing => Vec::new(),
            Self::Unknown(text) => format!("PROXY UNKNOWN{text}\r\n").into_bytes(),
            Self::Line { client, server, family } => {
                both(*client, *server).map_or(Vec::new(), |[client, server]| {
                    let family = if *family == client.is_ipv4() { 4 } else { 6 };
                    let (from, to) = (client.ip(), server.ip());
                    format!("PROXY TCP{family} {from} {to} {} {}\r\n", client.port(), server.port())
                        .into_bytes()
                })
            }
            Self::Binary { first, client, server, tlvs, is_checked } => {
                let both = both(*client, *server);
                let family = both.map_or(0, |both| if both[0].is_ipv4() { 0x11 } else { 0x21 });
                let tlvs: Vec<_> = tlvs.iter().map(|(kind, value)| (*kind, value.to_vec())).collect();
                let both = both.as_ref().map_or([].as_slice(), <[_; 2]>::as_slice);
                proxy_protocol::write(first.unwrap_or([0x21, family]), both, &tlvs, *is_checked)
            }
            Self::Long { kind, length } => {
                let both = [SocketAddr::from(([192, 0, 2, 1], 1)); 2];
                let value = vec![*kind; usize::from(*length) % (LONGEST + 16)];
                proxy_protocol::write([0x21, 0x11], &both, &[(*kind, value)], true)
            }
        }
    }
}
