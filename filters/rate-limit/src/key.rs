//! The key of a rule: the parts of a request that it counts by.

use std::hash::Hasher;

use limits::{KeyHasher, Prefixes};
use proxy_filter::HostError;
use proxy_filter::headers::pseudo::PATH;
use proxy_filter::inputs::{Input, InputSet, Inputs};
use proxy_filter::template::Template;

pub(crate) use path_class::PathClass;
use values::{COOKIE, class, cookie, parameter, path, to_utf8};

mod path_class;
#[cfg(test)]
mod tests;
mod values;

/// What a rule counts by. Without parts, all requests share one bucket.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) parts: Vec<KeyPart>,
}

#[derive(Debug, Hash)]
pub(crate) enum KeyPart {
    ClientIp(Prefixes),
    /// The resolved path, without the query.
    Path,
    /// A header, the method or an attribute, with its name in the descriptors of a rate limit service.
    Text(String, Template),
    /// The first query parameter of this name.
    Query(String),
    /// The first cookie of this name.
    Cookie(String),
    /// The class of the resolved path: the first that contains it.
    Class(Vec<PathClass>),
}

impl Key {
    /// Adds what the parts read of a request.
    pub(crate) fn add_inputs(&self, inputs: &mut InputSet) {
        self.parts.iter().for_each(|part| part.add_inputs(inputs));
    }

    /// Hashes a request's values of the parts. Returns `false` if the request lacks one.
    pub(crate) fn hash(&self, inputs: &Inputs<'_>, hasher: &mut KeyHasher) -> Result<bool, HostError> {
        for part in &self.parts {
            let Some(bytes) = part.bytes(inputs)? else { return Ok(false) };
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            hasher.write_usize(bytes.len());
            hasher.write(&bytes);
        }
        Ok(true)
    }

    /// Builds the entries of a descriptor, named like those of Envoy's own rate limit actions. `None` if the request
    /// lacks a part.
    pub(crate) fn entries(
        &self,
        rule: &str,
        inputs: &Inputs<'_>,
    ) -> Result<Option<Vec<(String, String)>>, HostError> {
        if self.parts.is_empty() {
            return Ok(Some(vec![("generic_key".into(), rule.into())]));
        }
        self.parts.iter().map(|part| part.entry(inputs)).collect()
    }
}

impl KeyPart {
    /// Adds what the part reads of a request.
    pub(crate) fn add_inputs(&self, inputs: &mut InputSet) {
        match self {
            Self::ClientIp(_) => inputs.insert(Input::ClientIp),
            Self::Text(_, template) => inputs.extend(template),
            Self::Path | Self::Class(_) | Self::Query(_) => inputs.insert(Input::RequestHeader(&PATH)),
            Self::Cookie(_) => inputs.insert(Input::RequestHeader(&COOKIE)),
        }
    }

    fn entry(&self, inputs: &Inputs<'_>) -> Result<Option<(String, String)>, HostError> {
        let name = match self {
            Self::ClientIp(prefixes) => return Ok(inputs.request.client_ip().map(|ip| prefixes.entry(ip))),
            Self::Path | Self::Class(_) => "path",
            Self::Text(name, _) | Self::Query(name) | Self::Cookie(name) => name.as_str(),
        };
        let value = self.bytes(inputs)?;
        Ok(value.map(|value| (name.into(), to_utf8(value))))
    }

    /// Returns the request's value. `None` if the request lacks the part.
    pub(crate) fn bytes(&self, inputs: &Inputs<'_>) -> Result<Option<Vec<u8>>, HostError> {
        Ok(match self {
            Self::ClientIp(prefixes) => inputs.request.client_ip().map(|ip| prefixes.client(ip)),
            Self::Path => path(inputs.request),
            Self::Text(_, template) => return template.render(inputs, None),
            Self::Query(name) => parameter(inputs.request, name),
            Self::Cookie(name) => cookie(inputs.request, name),
            Self::Class(classes) => class(inputs.request, classes),
        })
    }
}
