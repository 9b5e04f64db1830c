//! Limits that a part of the request chooses.

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

impl Tiers {
    /// Finds the limit for a request, and a hash of the value that chose it. `None` if the request lacks the part, or there is no
    /// limit for its value.
    pub(crate) fn find(&self, inputs: &Inputs<'_>) -> Result<Option<(u64, &Limit)>, HostError> {
        let value = self.by.bytes(inputs)?;
        Ok(value.and_then(|value| self.of.get(&value)))
    }
}
