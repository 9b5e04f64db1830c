//! The inputs that a filter declares when it is configured.

use super::snapshot::{SOURCE_ADDRESS, Snapshot};
use super::{HasInputs, Input};
use crate::HostError;
use crate::attribute::TextAttribute;
use crate::headers::{HeaderName, HeaderPairs, RequestHeaders};

/// The inputs of a filter's conditions and templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputSet {
    headers: Vec<HeaderName>,
    attributes: Vec<TextAttribute>,
    reads_response: bool,
}

impl InputSet {
    /// Adds an input.
    pub fn insert(&mut self, input: Input<'_>) {
        match input {
            Input::RequestHeader(name) => insert(&mut self.headers, name),
            Input::ResponseHeader(_) | Input::ResponseStatus => self.reads_response = true,
            Input::ClientIp => insert(&mut self.attributes, &SOURCE_ADDRESS),
            // The host has the other attributes in every phase, and their values may be final only in the last.
            Input::Attribute(attribute) if attribute.is_request_attribute() => {
                insert(&mut self.attributes, attribute)
            }
            Input::Attribute(_) => {}
        }
    }

    /// Adds every input of a condition or a template.
    pub fn extend(&mut self, reader: &dyn HasInputs) {
        reader.visit_inputs(&mut |input| self.insert(input));
    }

    /// Returns whether there is nothing to capture of a request.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.attributes.is_empty()
    }

    /// Returns whether an input is a response header or the response's status.
    pub fn reads_response(&self) -> bool {
        self.reads_response
    }

    /// Returns whether an input is a request header.
    pub fn reads_request_headers(&self) -> bool {
        !self.headers.is_empty()
    }

    /// Captures the request's inputs in its header phase: with one hostcall for all headers if any is an input, and one
    /// for each attribute.
    ///
    /// The snapshot holds all headers. To keep it for a later phase, [`restrict`](Self::restrict) it.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn capture(&self, request: &RequestHeaders) -> Result<Snapshot, HostError> {
        match self.headers.is_empty() {
            true if self.is_empty() => Ok(Snapshot::default()),
            true => self.capture_from(HeaderPairs::default()),
            false => self.capture_from(request.pairs()?),
        }
    }

    /// Captures the request's inputs as [`capture`](Self::capture) does, from headers that the filter has already.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn capture_from(&self, headers: HeaderPairs) -> Result<Snapshot, HostError> {
        let attributes = self.attributes.iter().map(|attribute| Ok((attribute.clone(), attribute.get()?)));
        Ok(Snapshot { headers, attributes: attributes.collect::<Result<_, HostError>>()? })
    }

    /// Keeps only these inputs of a snapshot, and frees the memory of the others.
    ///
    /// # Errors
    /// Does not fail in practice: see [`HeaderPairs::only`].
    pub fn restrict(&self, snapshot: Snapshot) -> Result<Snapshot, HostError> {
        let Snapshot { headers, mut attributes } = snapshot;
        let headers = headers.only(&self.headers)?;
        attributes.retain(|(attribute, _)| self.attributes.contains(attribute));
        Ok(Snapshot { headers, attributes })
    }
}

fn insert<T: Clone + PartialEq>(items: &mut Vec<T>, item: &T) {
    if !items.contains(item) {
        items.push(item.clone());
    }
}
