//! Another reader finds in tcp-prepend's PROXY protocol header what is known of the connection.
//!
//! The crate `ppp` reads the header: addresses, TLVs, length. The checksum is right. The client's bytes follow unchanged.
//!
//! With `merge`, a client of the networks given must begin with a header. What a reader written from the specification finds there
//! is passed on, with the configuration's TLVs in place of those of the same types. If it finds none, the connection is closed
//! before the upstream gets a byte. The headers of other clients are payload. It makes no difference how the bytes are cut.
#![no_main]

use std::net::{IpAddr, SocketAddr};

use arbitrary::Arbitrary;
use fuzz::overlay::Overlay;
use fuzz::preamble::{Address, Begin};
use fuzz::proxy_protocol::{self, Header, LONGEST};
use fuzz::run;
use libfuzzer_sys::fuzz_target;
use proxy_model::NativeTcp;
use serde_json::json;
use tcp_prepend::TcpPrepend;

/// What TLVs and names of certificates read.
const NAME: &str = "%ATTR(connection.requested_server_name)%";

const SUBJECTS: [(&str, Option<&str>); 3] =
    [("CN=ann,O=Example", Some("ann")), ("O=x", None), ("CN=Doe\\, Ann", Some("Doe, Ann"))];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    is_version_2: bool,
    client: Address,
    server: Address,
    tlvs: Vec<(u8, Value<'a>)>,
    is_checked: bool,
    name: Option<&'a str>,
    tls: Option<Tls>,
    merges: bool,
    skips_missing: bool,
    begin: Begin<'a>,
    damage: Option<(u16, u8)>,
    after: &'a [u8],
    cuts: Vec<u16>,
}

#[derive(Arbitrary, Debug)]
enum Value<'a> {
    Fixed(&'a [u8]),
    Name,
}

#[derive(Arbitrary, Debug)]
struct Tls {
    is_used: bool,
    has_certificate: bool,
    subject: u8,
    is_verified: bool,
}

/// Returns the type of a TLV that the configuration may have.
fn kind(kind: u8) -> u8 {
    match kind {
        3 | 0x20..=0x25 => 0xe0,
        kind => kind,
    }
}

impl Input<'_> {
    fn configuration(&self) -> serde_json::Value {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let tlv = |(number, value): &(u8, Value<'_>)| {
            let kind = format!("0x{:02X}", kind(*number));
            match value {
                Value::Fixed(bytes) => json!({"type": kind, "hex": hex(bytes)}),
                Value::Name => json!({"type": kind, "value": NAME}),
            }
        };
        let mut fields = json!({"version": if self.is_version_2 { 2 } else { 1 }});
        if self.is_version_2 {
            fields["tlvs"] = self.tlvs.iter().map(tlv).collect::<Vec<_>>().into();
            fields["crc32c"] = self.is_checked.into();
            if let Some(tls) = &self.tls {
                fields["tls"] = true.into();
                fields["tls_verified"] = tls.is_verified.into();
            }
        }
        if self.merges {
            fields["merge"] = json!({"from": ["10.0.0.0/8"]});
        }
        let on_missing = if self.skips_missing { "skip" } else { "close" };
        json!({"to_upstream": {"payload": {"proxy_protocol": fields}}, "on_missing": on_missing})
    }

    /// Returns whether the header is over 4 KiB by what the configuration says alone.
    fn is_too_long(&self) -> bool {
        let sizes = self.tlvs.iter().map(|(_, value)| match value {
            Value::Fixed(bytes) => bytes.len() + 3,
            Value::Name => 3,
        });
        let checksum = if self.is_checked { 7 } else { 0 };
        self.is_version_2 && 16 + 36 + checksum + sizes.sum::<usize>() > LONGEST
    }

    fn set_attributes(&self, overlay: &Overlay) {
        overlay.set(b"source\0address", self.client.attribute());
        overlay.set(b"destination\0address", self.server.attribute());
        overlay.set(b"connection\0requested_server_name", self.name.unwrap_or_default());
        if let Some(tls) = self.tls.as_ref().filter(|tls| tls.is_used) {
            overlay.set(b"connection\0tls_version", "TLSv1.3");
            overlay.set(b"connection\0mtls", [u8::from(tls.has_certificate)]);
            overlay.set(
                b"connection\0subject_peer_certificate",
                SUBJECTS[usize::from(tls.subject) % SUBJECTS.len()].0,
            );
        }
    }

    /// The value of the TLV about TLS.
    fn tls(&self) -> Option<Vec<u8>> {
        let tls = self.tls.as_ref().filter(|tls| tls.is_used)?;
        let has = tls.has_certificate;
        let mut value = vec![if has { 5 } else { 1 }, 0, 0, 0, u8::from(!(has && tls.is_verified))];
        value.extend(b"\x21\0\x07TLSv1.3");
        if let Some(name) = SUBJECTS[usize::from(tls.subject) % SUBJECTS.len()].1.filter(|_| has) {
            value.extend([0x22, 0, u8::try_from(name.len()).expect("short")]);
            value.extend(name.as_bytes());
        }
        Some(value)
    }

    /// The TLVs of the filter's header. `None` if one is missing.
    fn tlvs(&self, sent: &Header) -> Option<Vec<(u8, Vec<u8>)>> {
        let mut tlvs = Vec::new();
        for (number, value) in &self.tlvs {
            let kind = kind(*number);
            let name = self
                .name
                .filter(|name| !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_control()));
            match (value, name) {
                (Value::Fixed(bytes), _) => tlvs.push((kind, bytes.to_vec())),
                (Value::Name, Some(name)) => tlvs.push((kind, name.into())),
                (Value::Name, None) if sent.tlvs.iter().any(|tlv| tlv.0 == kind) || self.skips_missing => {}
                (Value::Name, None) => return None,
            }
        }
        tlvs.extend(self.tls().map(|value| (0x20, value)));
        let passed: Vec<_> =
            sent.passed_on().filter(|tlv| tlvs.iter().all(|own| own.0 != tlv.0)).cloned().collect();
        tlvs.extend(passed);
        Some(tlvs)
    }
}

fuzz_target!(|input: Input<'_>| {
    let overlay = Overlay::default();
    let guest = || overlay.over(NativeTcp::<TcpPrepend>::default());
    let wrong = input.is_too_long().then_some("a payload may have 4096 at most");
    let (_proxy, plugin) = match run::load(guest, &input.configuration()) {
        Ok(loaded) => loaded,
        Err(line) => return run::assert_refused(&line, wrong.as_slice()),
    };
    assert_eq!(wrong, None, "not refused");
    input.set_attributes(&overlay);
    let mut bytes = [&input.begin.bytes(), input.after].concat();
    if let Some((at, flip)) = input.damage.filter(|_| !bytes.is_empty()) {
        let at = usize::from(at) % bytes.len();
        bytes[at] ^= flip;
    }
    let mut cuts: Vec<_> = input.cuts.iter().map(|cut| usize::from(*cut) % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    let chunks: Vec<_> = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect();
    let passed = plugin.send_tcp(0, &chunks, &[b"x"]);
    let is_trusted = input.client.socket().is_some_and(|client| match client.ip().to_canonical() {
        IpAddr::V4(ip) => ip.octets()[0] == 10,
        IpAddr::V6(_) => false,
    });
    check(&input, &bytes, input.merges && is_trusted, &passed.upstream, &passed.client);
});

fn check(input: &Input<'_>, bytes: &[u8], merges: bool, upstream: &[u8], client: &[u8]) {
    let is_closed = client.is_empty();
    if bytes.is_empty() {
        assert!(upstream.is_empty() && !is_closed);
        return;
    }
    let sent = if merges { proxy_protocol::read(bytes) } else { Some(Header::default()) };
    let Some(sent) = sent else {
        assert!(is_closed && upstream.is_empty(), "no header in {}", bytes.escape_ascii());
        return;
    };
    let own = input.client.socket().zip(input.server.socket());
    let own = own.and_then(|(client, server)| proxy_protocol::endpoints(client, server));
    let both = sent.endpoints.or(own);
    let after = &bytes[sent.size..];
    let tlvs = match both {
        Some(_) if input.is_version_2 => input.tlvs(&sent),
        _ => Some(Vec::new()),
    };
    let Some(tlvs) = tlvs else {
        assert!(is_closed && upstream.is_empty(), "a TLV is missing");
        return;
    };
    let checksum = if input.is_checked { 7 } else { 0 };
    let octets = both.map_or(0, |(client, _)| if client.is_ipv4() { 12 } else { 36 });
    let size = 16 + octets + checksum + tlvs.iter().map(|(_, value)| value.len() + 3).sum::<usize>();
    if size > LONGEST {
        assert!(is_closed && upstream.is_empty(), "over 4 KiB");
        return;
    }
    assert!(!is_closed && upstream.ends_with(after), "{}", upstream.escape_ascii());
    let header = &upstream[..upstream.len() - after.len()];
    match input.is_version_2 {
        true => check_2(header, both, &tlvs, input.is_checked),
        false => check_1(header, both),
    }
}

fn check_1(header: &[u8], both: Option<(SocketAddr, SocketAddr)>) {
    let read = ppp::v1::Header::try_from(header).expect("another reader reads it");
    assert_eq!(read.header.len() + 2 * usize::from(!read.header.ends_with("\r\n")), header.len());
    let addresses = match read.addresses {
        ppp::v1::Addresses::Unknown => None,
        ppp::v1::Addresses::Tcp4(it) => Some((
            SocketAddr::from((it.source_address, it.source_port)),
            SocketAddr::from((it.destination_address, it.destination_port)),
        )),
        ppp::v1::Addresses::Tcp6(it) => Some((
            SocketAddr::from((it.source_address, it.source_port)),
            SocketAddr::from((it.destination_address, it.destination_port)),
        )),
    };
    assert_eq!(addresses, both);
}

fn check_2(header: &[u8], both: Option<(SocketAddr, SocketAddr)>, tlvs: &[(u8, Vec<u8>)], is_checked: bool) {
    use ppp::v2::Addresses;
    let read = ppp::v2::Header::try_from(header).expect("another reader reads it");
    assert_eq!(read.len(), header.len());
    let addresses = match read.addresses {
        Addresses::Unspecified | Addresses::Unix(_) => None,
        Addresses::IPv4(it) => Some((
            SocketAddr::from((it.source_address, it.source_port)),
            SocketAddr::from((it.destination_address, it.destination_port)),
        )),
        Addresses::IPv6(it) => Some((
            SocketAddr::from((it.source_address, it.source_port)),
            SocketAddr::from((it.destination_address, it.destination_port)),
        )),
    };
    assert_eq!(addresses, both);
    let found: Vec<_> =
        read.tlvs().map(|tlv| tlv.expect("it is whole")).map(|tlv| (tlv.kind, tlv.value.to_vec())).collect();
    let is_checked = is_checked && both.is_some();
    let own = found.len() - usize::from(is_checked);
    assert_eq!(found[..own], *tlvs);
    if is_checked {
        // Of several, ours is the last.
        let sum = proxy_protocol::crc32c(&[&header[..header.len() - 4], &[0; 4]].concat());
        assert_eq!(found[own], (3, sum.to_be_bytes().to_vec()));
    }
}
