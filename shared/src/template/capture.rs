//! What templates and conditions will need to know of a request, taken while it can be had.

use std::collections::BTreeMap;

use super::Template;
use super::command::Command;
use crate::HostError;
use crate::attribute::Named;
use crate::headers::{HeaderName, HeaderPairs, RequestHeaders};
use crate::matching::Condition;

/// What of a request is looked at, gathered when a filter is configured.
///
/// ```
/// use proxy_filter::template::{Needs, Template};
///
/// let mut needs = Needs::default();
/// needs.of_template(&Template::parse("%REQ(x-user)%")?);
/// assert!(!needs.is_empty());
/// # Ok::<(), proxy_filter::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    headers: Vec<HeaderName>,
    attributes: Vec<Named>,
}

/// What was taken of a request: the headers and attributes that were needed, and nothing else.
///
/// ```
/// use proxy_filter::headers::{HeaderName, HeaderPairs};
/// use proxy_filter::template::Captured;
///
/// let captured = Captured::of(HeaderPairs::of([("x-user", "ann")]));
/// assert_eq!(captured.headers().first(&HeaderName::from_static("x-user")), Some(b"ann".as_slice()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    headers: HeaderPairs,
    attributes: BTreeMap<Named, Option<Vec<u8>>>,
}

impl Needs {
    /// Adds what a template reads.
    ///
    /// ```
    /// # use proxy_filter::template::{Needs, Template};
    /// # let mut needs = Needs::default();
    /// needs.of_template(&Template::parse("no holes")?);
    /// assert!(needs.is_empty());
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn of_template(&mut self, template: &Template) {
        for command in template.commands() {
            command.headers().for_each(|name| self.of_header(name));
            // Others can be had in any phase, and have their final value only then.
            if let Command::Attribute(attribute) = command
                && attribute.is_of_request()
                && !self.attributes.contains(attribute)
            {
                self.attributes.push(attribute.clone());
            }
        }
    }

    /// Adds what a condition reads.
    ///
    /// ```
    /// # use proxy_filter::config::from_json;
    /// # use proxy_filter::matching::Condition;
    /// # use proxy_filter::template::Needs;
    /// # let mut needs = Needs::default();
    /// needs.of_condition(&Condition::compile(from_json(br#"{"method": ["GET"]}"#)?)?);
    /// assert!(!needs.is_empty());
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn of_condition(&mut self, condition: &Condition) {
        condition.reads().for_each(|name| self.of_header(name));
    }

    /// Adds a header.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderName;
    /// # use proxy_filter::template::Needs;
    /// let mut needs = Needs::default();
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
    /// # use proxy_filter::template::Needs;
    /// let mut needs = Needs::default();
    /// needs.of_both(&Needs::default());
    /// assert!(needs.is_empty());
    /// ```
    pub fn of_both(&mut self, other: &Self) {
        other.headers.iter().for_each(|name| self.of_header(name));
        let new = other.attributes.iter().filter(|attribute| !self.attributes.contains(attribute));
        let new: Vec<_> = new.cloned().collect();
        self.attributes.extend(new);
    }

    /// Whether nothing is needed.
    ///
    /// ```
    /// # use proxy_filter::template::Needs;
    /// assert!(Needs::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.attributes.is_empty()
    }

    /// Takes all that is needed, in the request's header phase: with one hostcall for headers, and one
    /// for each attribute.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_filter::template::{Needs, Template};
    /// # use proxy_model::{Request, scratch};
    /// # scratch::on_request_headers(Request::get("/").header("x-user", "ann").header("x-b", ""), |headers| {
    /// # let mut needs = Needs::default();
    /// # needs.of_template(&Template::parse("%REQ(x-user)%").unwrap());
    /// let captured = needs.capture(headers)?;
    /// assert_eq!(captured.headers().iter().count(), 1);
    /// # Ok(Flow::Continue)
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn capture(&self, request: &RequestHeaders) -> Result<Captured, HostError> {
        let headers = match self.headers.is_empty() {
            true => HeaderPairs::default(),
            false => request.pairs()?.only(&self.headers)?,
        };
        let attributes = self.attributes.iter().map(|attribute| Ok((attribute.clone(), attribute.get()?)));
        Ok(Captured { headers, attributes: attributes.collect::<Result<_, HostError>>()? })
    }
}

impl Captured {
    /// These headers, and no attributes.
    ///
    /// ```
    /// # use proxy_filter::headers::HeaderPairs;
    /// # use proxy_filter::template::Captured;
    /// assert_eq!(Captured::of(HeaderPairs::default()), Captured::default());
    /// ```
    pub fn of(headers: HeaderPairs) -> Self {
        Self { headers, attributes: BTreeMap::new() }
    }

    /// What of it others need.
    ///
    /// ```
    /// # use proxy_filter::template::{Captured, Needs};
    /// assert_eq!(Captured::default().only(&Needs::default())?, Captured::default());
    /// # Ok::<(), proxy_filter::HostError>(())
    /// ```
    ///
    /// # Errors
    /// None in practice: see [`HeaderPairs::only`].
    pub fn only(mut self, needs: &Needs) -> Result<Self, HostError> {
        if needs.headers.is_empty() {
            self.headers = HeaderPairs::default();
        } else {
            self.headers = self.headers.only(&needs.headers)?;
        }
        self.attributes.retain(|attribute, _| needs.attributes.contains(attribute));
        Ok(self)
    }

    /// The headers.
    ///
    /// ```
    /// # use proxy_filter::template::Captured;
    /// assert_eq!(Captured::default().headers().iter().count(), 0);
    /// ```
    pub fn headers(&self) -> &HeaderPairs {
        &self.headers
    }

    /// An attribute's value as text: as captured, or else as it is now.
    pub(super) fn attribute(&self, attribute: &Named) -> Result<Option<Vec<u8>>, HostError> {
        match self.attributes.get(attribute) {
            Some(captured) => Ok(captured.clone()),
            None => attribute.get(),
        }
    }
}
