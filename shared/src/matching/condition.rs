//! The type of a condition, and its deserialization and checks.

use schemars::JsonSchema;
use serde::Deserialize;

use super::host::HostTest;
use super::method::Method;
use super::network::Network;
use super::path::{NoPattern, PathTest};
use super::status::StatusTest;
use super::text::TextTest;
use crate::config::{ConfigError, Invalid, OneOrMany, Texts};
use crate::headers::{HeaderName, ReadableHeaderName};
use crate::target::Scheme;

/// A condition: one of `all`, `any`, `not`, `header`, `path`, `method`, `host`, `scheme`, `client_ip` and `status`.
///
/// `P` is the type of `path.regex`: see [`PathPattern`](super::PathPattern).
///
/// A condition with `status` reads the response. A filter that evaluates conditions on the request refuses it with
/// [`check_before_response`](crate::inputs::check_before_response).
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq, Hash)]
#[schemars(
    rename = "Condition",
    with = "Fields<P>",
    description = "A condition: one of `all`, `any`, `not`, `header`, `path`, `method`, `host`, `scheme`, `client_ip` and `status`."
)]
#[serde(try_from = "Fields<P>", bound(deserialize = "P: Deserialize<'de>"))]
pub struct Condition<P = NoPattern>(pub(super) Test<P>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Test<P> {
    All(Vec<Condition<P>>),
    Any(Vec<Condition<P>>),
    Not(Box<Condition<P>>),
    Present(HeaderName, bool),
    Header(HeaderName, TextTest),
    Path(PathTest<P>),
    Method(Vec<Method>),
    Host(Vec<HostTest>),
    Scheme(Vec<Scheme>),
    ClientIp(Vec<Network>),
    Status(Vec<StatusTest>),
}

/// A condition in JSON: flat fields, one of which selects the test.
#[derive(Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a condition, such as {\"header\": \"x-a\", \"present\": true}",
    bound(deserialize = "P: Deserialize<'de>")
)]
struct Fields<P> {
    /// Holds if all of these hold.
    all: Option<OneOrMany<Condition<P>>>,
    /// Holds if one of these holds.
    any: Option<OneOrMany<Condition<P>>>,
    /// Holds if this does not hold.
    not: Option<Box<Condition<P>>>,
    /// Name of a request header, or a pseudo-header such as `:authority` or `:path`.
    header: Option<ReadableHeaderName>,
    /// With `header`: whether the header is present.
    present: Option<bool>,
    /// With `header`: a value equals this.
    exact: Option<String>,
    /// With `header`: a value begins with this.
    prefix: Option<String>,
    /// With `header`: a value ends with this.
    suffix: Option<String>,
    /// With `header`: a value contains this.
    contains: Option<String>,
    /// Tests the path, without the query.
    path: Option<PathTest<P>>,
    /// The method is one of these.
    method: Option<Texts<Method>>,
    /// The host is one of these, ignoring port and case; `*.example.com` matches every subdomain of `example.com`.
    host: Option<Texts<HostTest>>,
    /// The scheme is one of these: `http`, `https`.
    scheme: Option<Texts<Scheme>>,
    /// The client's address is one of these, or in one of these networks, such as `10.0.0.0/8`.
    client_ip: Option<Texts<Network>>,
    /// The response's status is one of these, such as `404` or `"5xx"`.
    status: Option<OneOrMany<StatusTest>>,
}

impl<P> TryFrom<Fields<P>> for Condition<P> {
    type Error = Invalid;

    #[inline(never)]
    fn try_from(fields: Fields<P>) -> Result<Self, Invalid> {
        let tests = [fields.exact, fields.prefix, fields.suffix, fields.contains];
        let is_header_test = fields.present.is_some() || tests.iter().any(Option::is_some);
        if is_header_test && fields.header.is_none() {
            return Err(not_one());
        }
        let given = [
            fields.all.map(|list| at_least_one(list, "all").map(Test::All)),
            fields.any.map(|list| at_least_one(list, "any").map(Test::Any)),
            fields.not.map(|condition| Ok(Test::Not(condition))),
            fields.header.map(|name| header(name.0, fields.present, tests)),
            fields.path.map(|test| Ok(Test::Path(test))),
            fields.method.map(|methods| Ok(Test::Method(methods.0))),
            fields.host.map(|hosts| Ok(Test::Host(hosts.0))),
            fields.scheme.map(|schemes| Ok(Test::Scheme(schemes.0))),
            fields.client_ip.map(|networks| Ok(Test::ClientIp(networks.0))),
            fields.status.map(|list| at_least_one(list, "status").map(Test::Status)),
        ];
        only(given).ok_or_else(not_one)?.map(Self).map_err(Invalid::from)
    }
}

#[cold]
fn not_one() -> Invalid {
    Invalid::new(
        "give exactly one of `all`, `any`, `not`, `header` (with a test beside it), `path`, `method`, `host`, `scheme`, `client_ip`, `status`",
    )
}

fn at_least_one<T>(list: OneOrMany<T>, field: &str) -> Result<Vec<T>, ConfigError> {
    list.at_least_one().map_err(|error| error.in_field(field))
}

fn header<P>(
    name: HeaderName,
    present: Option<bool>,
    tests: [Option<String>; 4],
) -> Result<Test<P>, ConfigError> {
    match (present, TextTest::only(tests)) {
        (Some(present), Ok(None)) => Ok(Test::Present(name, present)),
        (None, Ok(Some(test))) => Ok(Test::Header(name, test)),
        _ => Err(ConfigError::new(
            "give exactly one of `present`, `exact`, `prefix`, `suffix`, `contains` beside `header`",
        )),
    }
}

/// Returns the only value that is set; `None` if no value or more than one is set.
fn only<T>(options: impl IntoIterator<Item = Option<T>>) -> Option<T> {
    let mut given = options.into_iter().flatten();
    let first = given.next()?;
    given.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests;
