//! What templates and conditions look at: of the request, taken while it can be had, and of the response.

use std::net::{IpAddr, SocketAddr};

use crate::HostError;
use crate::attribute::Named;
use crate::headers::{HeaderName, HeaderPairs, RequestHeaders};
use crate::matching::Condition;
use crate::template::Template;

/// The client's address, as conditions and rate limits look at it.
static SOURCE_ADDRESS: Named = Named::source_address();

/// What is known of a stream.
///
/// ```
/// use proxy_filter::inputs::{Inputs, Snapshot};
/// use proxy_filter::headers::HeaderPairs;
/// use proxy_filter::template::Template;
///
/// let template = Template::parse_for_response("%REQ(:method)% gave %RESP(:status)%")?;
/// let request = Snapshot::of(HeaderPairs::of([(":method", "GET")]));
/// let inputs = Inputs { request: &request, response: &HeaderPairs::of([(":status", "204")]) };
/// assert_eq!(template.render(&inputs, None)?.as_deref(), Some(b"GET gave 204".as_slice()));
/// # Ok::<(), proxy_filter::config::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What was captured of the request.
    pub request: &'a Snapshot,
    /// The response's headers; none before there is a response.
    pub response: &'a HeaderPairs,
}

static NO_RESPONSE: HeaderPairs = HeaderPairs::EMPTY;

impl<'a> Inputs<'a> {
    /// What is known before there is a response.
    ///
    /// ```
    /// # use proxy_filter::inputs::{Inputs, Snapshot};
    /// assert_eq!(Inputs::of_request(&Snapshot::default()).response.iter().count(), 0);
    /// ```
    pub fn of_request(request: &'a Snapshot) -> Self {
        Self { request, response: &NO_RESPONSE }
    }
}

/// What of a request is looked at, gathered when a filter is configured.
///
/// ```
/// use proxy_filter::{inputs::InputSet, template::Template};
///
/// let mut needs = InputSet::default();
/// needs.of_template(&Template::parse("%REQ(x-user)%")?);
/// assert!(!needs.is_empty());
/// # Ok::<(), proxy_filter::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputSet {
    headers: Vec<HeaderName>,
    attributes: Vec<Named>,
}

/// What was taken of a request: the headers and attributes that were needed, and nothing else.
///
/// ```
/// use proxy_filter::headers::{HeaderName, HeaderPairs};
/// use proxy_filter::inputs::Snapshot;
///
/// let captured = Snapshot::of(HeaderPairs::of([("x-user", "ann")]));
/// assert_eq!(captured.headers().first(&HeaderName::from_static("x-user")), Some(b"ann".as_slice()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    headers: HeaderPairs,
    attributes: Vec<(Named, Option<Vec<u8>>)>,
}

impl InputSet {
    /// Adds what a template reads.
    ///
    /// ```
    /// # use proxy_filter::{inputs::InputSet, template::Template};
    /// # let mut needs = InputSet::default();
    /// needs.of_template(&Template::parse("no holes")?);
    /// assert!(needs.is_empty());
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn of_template(&mut self, template: &Template) {
        template.headers().for_each(|name| self.of_header(name));
        // Others can be had in any phase, and have their final value only then.
        template.attributes().filter(|it| it.is_of_request()).for_each(|it| self.of_attribute(it));
    }

    /// Adds what a condition reads.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::matching::Condition;
    /// # use proxy_filter::inputs::InputSet;
    /// # let mut needs = InputSet::default();
    /// needs.of_condition(&Condition::compile(from_json(br#"{"method": ["GET"]}"#)?)?);
    /// assert!(!needs.is_empty());
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn of_condition(&mut self, condition: &Condition) {
        condition.reads().for_each(|name| self.of_header(name));
        if condition.reads_client_ip() {
            self.of_client_ip();
        }
    }

    /// Adds the client's address.
    ///
    /// ```
    /// # use proxy_filter::inputs::InputSet;
    /// let mut needs = InputSet::default();
    /// needs.of_client_ip();
    /// assert!(!needs.is_empty());
    /// ```
    pub fn of_client_ip(&mut self) {
        self.of_attribute(&SOURCE_ADDRESS);
    }

    fn of_attribute(&mut self, attribute: &Named) {
        if !self.attributes.contains(attribute) {
            self.attributes.push(attribute.clone());
        }
    }

    /// Adds a header.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderName;
    /// # use proxy_filter::inputs::InputSet;
    /// let mut needs = InputSet::default();
    /// needs.of_header(&HeaderName::from_static("x-user"));
    /// assert!(!needs.is_empty());
    /// ```
    pub fn of_header(&mut self, name: &HeaderName) {
        if !self.headers.contains(name) {
            self.headers.push(name.clone());
        }
    }

    /// Adds what others need.
    ///
    /// ```
    /// # use proxy_filter::inputs::InputSet;
    /// let mut needs = InputSet::default();
    /// needs.of_both(&InputSet::default());
    /// assert!(needs.is_empty());
    /// ```
    pub fn of_both(&mut self, other: &Self) {
        other.headers.iter().for_each(|name| self.of_header(name));
        other.attributes.iter().for_each(|attribute| self.of_attribute(attribute));
    }

    /// Whether nothing is needed.
    ///
    /// ```
    /// # use proxy_filter::inputs::InputSet;
    /// assert!(InputSet::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.attributes.is_empty()
    }

    /// Takes all that is needed, in the request's header phase: with one hostcall for headers, and one
    /// for each attribute.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_filter::{inputs::InputSet, template::Template};
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/").header("x-user", "ann").header("x-b", ""), |headers| {
    /// # let mut needs = InputSet::default();
    /// # needs.of_template(&Template::parse("%REQ(x-user)%").unwrap());
    /// let captured = needs.capture(headers)?;
    /// assert_eq!(captured.headers().iter().count(), 1);
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn capture(&self, request: &RequestHeaders) -> Result<Snapshot, HostError> {
        match self.headers.is_empty() {
            true => self.capture_from(&HeaderPairs::default()),
            false => self.capture_from(&request.pairs()?),
        }
    }

    /// Takes all that is needed, as [`capture`](Self::capture) does, where the request's headers are at hand.
    ///
    /// ```
    /// # use proxy_filter::headers::{HeaderName, HeaderPairs};
    /// # use proxy_filter::inputs::InputSet;
    /// # let mut needs = InputSet::default();
    /// needs.of_header(&HeaderName::from_static("x-user"));
    /// let captured = needs.capture_from(&HeaderPairs::of([("x-user", "ann"), ("x-b", "")]))?;
    /// assert_eq!(captured.headers().iter().count(), 1);
    /// # Ok::<(), proxy_filter::HostError>(())
    /// ```
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn capture_from(&self, request: &HeaderPairs) -> Result<Snapshot, HostError> {
        let headers = match self.headers.is_empty() {
            true => HeaderPairs::default(),
            false => request.only(&self.headers)?,
        };
        let attributes = self.attributes.iter().map(|attribute| Ok((attribute.clone(), attribute.get()?)));
        Ok(Snapshot { headers, attributes: attributes.collect::<Result<_, HostError>>()? })
    }
}

impl Snapshot {
    /// These headers, and no attributes.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderPairs;
    /// # use proxy_filter::inputs::Snapshot;
    /// assert_eq!(Snapshot::of(HeaderPairs::default()), Snapshot::default());
    /// ```
    pub fn of(headers: HeaderPairs) -> Self {
        Self { headers, attributes: Vec::new() }
    }

    /// The same from a client at this address.
    ///
    /// ```
    /// # use proxy_filter::inputs::Snapshot;
    /// let captured = Snapshot::default().from_client("[2001:db8::1]:80".parse()?);
    /// assert_eq!(captured.client_ip(), Some("2001:db8::1".parse()?));
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn from_client(mut self, address: SocketAddr) -> Self {
        self.attributes.push((SOURCE_ADDRESS.clone(), Some(address.to_string().into_bytes())));
        self
    }

    /// What of it others need.
    ///
    /// ```
    /// # use proxy_filter::inputs::{Snapshot, InputSet};
    /// assert_eq!(Snapshot::default().only(&InputSet::default())?, Snapshot::default());
    /// # Ok::<(), proxy_filter::HostError>(())
    /// ```
    ///
    /// # Errors
    /// None in practice: see [`HeaderPairs::only`].
    pub fn only(mut self, needs: &InputSet) -> Result<Self, HostError> {
        if needs.headers.is_empty() {
            self.headers = HeaderPairs::default();
        } else {
            self.headers = self.headers.only(&needs.headers)?;
        }
        self.attributes.retain(|(attribute, _)| needs.attributes.contains(attribute));
        Ok(self)
    }

    /// The headers.
    ///
    /// ```
    /// # use proxy_filter::inputs::Snapshot;
    /// assert_eq!(Snapshot::default().headers().iter().count(), 0);
    /// ```
    pub fn headers(&self) -> &HeaderPairs {
        &self.headers
    }

    /// The client's address, where it was captured and is one: that of a Unix socket is none.
    ///
    /// ```
    /// # use proxy_filter::inputs::InputSet;
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/").from("10.0.0.1"), |headers| {
    /// # let mut needs = InputSet::default();
    /// needs.of_client_ip();
    /// let captured = needs.capture(headers)?;
    /// assert_eq!(captured.client_ip(), Some([10, 0, 0, 1].into()));
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    pub fn client_ip(&self) -> Option<IpAddr> {
        let address = self.captured(&SOURCE_ADDRESS)?.as_deref()?;
        let address: SocketAddr = std::str::from_utf8(address).ok()?.parse().ok()?;
        Some(address.ip().to_canonical())
    }

    /// An attribute's value as text: as captured, or else as it is now.
    pub(crate) fn attribute(&self, attribute: &Named) -> Result<Option<Vec<u8>>, HostError> {
        match self.captured(attribute) {
            Some(captured) => Ok(captured.clone()),
            None => attribute.get(),
        }
    }

    fn captured(&self, attribute: &Named) -> Option<&Option<Vec<u8>>> {
        self.attributes.iter().find(|(known, _)| known == attribute).map(|(_, value)| value)
    }
}
