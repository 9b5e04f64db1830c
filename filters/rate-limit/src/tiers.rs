//! Limits that a part of the request chooses.

use std::hash::Hasher;

use limits::KeyHasher;
use proxy_filter::HostError;
use proxy_filter::inputs::Inputs;

use crate::key::KeyPart;
use crate::limit::Limit;
use crate::limits_by_value::LimitsByValue;

/// The limits of a rule, and what chooses one. The rule itself has the limit for all other requests.
#[derive(Debug)]
pub(crate) struct Tiers {
    pub(crate) by: KeyPart,
    pub(crate) of: LimitsByValue,
}

/// The limit that a request chose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tier<'a> {
    value: &'a str,
    pub(crate) limit: &'a Limit,
}

impl Tiers {
    /// Finds the limit for a request. `None` if it lacks the part, or there is no limit for its value.
    pub(crate) fn find(&self, inputs: &Inputs<'_>) -> Result<Option<Tier<'_>>, HostError> {
        let Some(value) = self.by.bytes(inputs)? else { return Ok(None) };
        Ok(self.of.get(&value).map(|(value, limit)| Tier { value, limit }))
    }
}

impl Tier<'_> {
    /// Hashes the value, so that a key has a bucket for each limit. It comes before the parts of the key: a list of parts
    /// with it is longer than one without, so they differ.
    pub(crate) fn hash(self, hasher: &mut KeyHasher) {
        hasher.write_usize(self.value.len());
        hasher.write(self.value.as_bytes());
    }
}
