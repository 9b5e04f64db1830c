//! An attribute has the value of its type that its bytes encode, or none.
//!
//! The host gives any bytes. What is expected follows from Envoy's encoding, and is written here a second time: numbers, times
//! and durations are eight bytes, little-endian, booleans are one byte, and texts are the bytes. Template commands show the same
//! values as text. Maps keep their pairs, and what is cut off has only its complete pairs.
#![no_main]

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use proxy_filter::HostError;
use proxy_filter::attribute::{self, Attribute, FromAttribute};
use proxy_filter::headers::{HeaderPairs, serialize_pairs};
use proxy_filter::inputs::{Inputs, Snapshot};
use proxy_filter::sys::{Host, with_host};
use proxy_filter::template::Template;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    value: Value<'a>,
    pairs: Vec<(&'a [u8], &'a [u8])>,
    cut: u16,
}

#[derive(Arbitrary, Debug)]
enum Value<'a> {
    Bytes(&'a [u8]),
    Number(i64),
    Boolean(bool),
    Address(IpAddr, u16),
    Status(u8),
}

/// A host with one value for all attributes.
struct OneValue(Result<Vec<u8>, HostError>);

impl Host for OneValue {
    fn get_property(&self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        self.0.clone()
    }
}

fuzz_target!(|input: Input<'_>| {
    let value = match input.value {
        Value::Bytes(bytes) => Ok(bytes.to_vec()),
        Value::Number(number) => Ok(number.to_le_bytes().to_vec()),
        Value::Boolean(boolean) => Ok(vec![boolean.into()]),
        Value::Address(ip, port) => Ok(SocketAddr::from((ip, port)).to_string().into_bytes()),
        Value::Status(status) => HostError::from_status(status.into()).map_or(Ok(Vec::new()), Err),
    };
    with_host(Rc::new(OneValue(value.clone())), || check(&value));
    check_pairs(&input.pairs, input.cut.into());
});

fn check(value: &Result<Vec<u8>, HostError>) {
    let bytes = value.as_deref().ok();
    let number = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).map(i64::from_le_bytes);
    let nanoseconds = number.filter(|number| *number >= 0).map(|number| Duration::from_nanos(number as u64));
    let text = bytes.and_then(|bytes| str::from_utf8(bytes).ok());
    let address = text.and_then(|text| text.parse::<SocketAddr>().ok());
    let boolean = bytes.and_then(|bytes| [[0], [1]].iter().position(|it| it == bytes)).map(|it| it == 1);

    gives(&attribute::RESPONSE_CODE, value, number);
    gives(&attribute::CONNECTION_ID, value, number.map(|number| number as u64));
    gives(&attribute::REQUEST_DURATION, value, nanoseconds);
    gives(&attribute::REQUEST_TIME, value, nanoseconds.map(|time| UNIX_EPOCH + time));
    gives(&attribute::CONNECTION_MTLS, value, boolean);
    gives(&attribute::ROUTE_NAME, value, text.map(str::to_owned));
    gives(&attribute::SOURCE_ADDRESS, value, address);
    gives(&attribute::REQUEST_HOST, value, bytes.map(<[u8]>::to_vec));
    gives(&Attribute::metadata("a", "b"), value, number.map(|number| Bits(number as u64)));

    let seconds = nanoseconds.map(|time| time.as_secs().to_string());
    shows("%ATTR(response.code)%", value, number.map(|number| number.to_string()));
    shows("%ATTR(connection.id)%", value, number.map(|number| (number as u64).to_string()));
    shows("%ATTR(request.duration)%", value, nanoseconds.map(|time| time.as_millis().to_string()));
    shows("%ATTR(request.time)%", value, seconds);
    shows("%ATTR(connection.mtls)%", value, boolean.map(|boolean| boolean.to_string()));
    shows("%ATTR(source.address)%", value, bytes.map(<[u8]>::to_vec));
    let is_host_name = |bytes: &&[u8]| {
        !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(byte))
    };
    shows("%REQUESTED_SERVER_NAME%", value, bytes.filter(is_host_name).map(<[u8]>::to_vec));
    let is_readable = |text: &&str| !text.contains(char::is_control);
    shows("%ATTR(metadata.filter_metadata.a.b)%", value, text.filter(is_readable));
    if let Some(address) = address.filter(|address| Some(address.to_string().as_str()) == text) {
        shows("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", value, Some(address.ip().to_string()));
    }
}

/// A number with a fraction, compared by its bits.
#[derive(Debug, PartialEq)]
struct Bits(u64);

impl FromAttribute for Bits {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        f64::from_attribute(bytes).map(|number| Self(number.to_bits()))
    }
}

fn gives<T: FromAttribute + PartialEq + std::fmt::Debug>(
    attribute: &Attribute<T>,
    value: &Result<Vec<u8>, HostError>,
    expected: Option<T>,
) {
    let expected = match value {
        Ok(_) => expected.map(Some).ok_or(HostError::ParseFailure),
        Err(HostError::NotFound) => Ok(None),
        Err(other) => Err(*other),
    };
    assert_eq!(attribute.get(), expected, "{attribute:?} of {value:?}");
}

fn shows(template: &str, value: &Result<Vec<u8>, HostError>, expected: Option<impl Into<Vec<u8>>>) {
    let expected = match value {
        Ok(_) => Ok(expected.map(Into::into)),
        // Envoy cannot pass values of some types to filters, such as null.
        Err(HostError::NotFound | HostError::SerializationFailure) => Ok(None),
        Err(other) => Err(*other),
    };
    let compiled = Template::parse(template).expect("the command is known");
    let request = Snapshot::default();
    assert_eq!(compiled.render(&Inputs::of_request(&request), None), expected, "{template} of {value:?}");
}

fn check_pairs(pairs: &[(&[u8], &[u8])], cut: usize) {
    let mut bytes = serialize_pairs(pairs.iter().copied()).expect("pairs are short");
    assert_eq!(HeaderPairs::new(bytes.clone()).iter().collect::<Vec<_>>(), pairs);
    bytes.truncate(cut);
    let complete = HeaderPairs::from_attribute(bytes).expect("all bytes are a map");
    assert!(complete.iter().zip(pairs).all(|(found, pair)| found == *pair));
    assert!(complete.iter().count() <= pairs.len());
}
