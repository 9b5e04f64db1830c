//! Limits that a part of the request chooses.

use limits::Slot;
use proxy_filter::HostError;
use proxy_filter::inputs::Inputs;

use crate::key::KeyPart;
use crate::limits_by_value::LimitsByValue;
use crate::rule::{Bucket, Rule};

/// The limits of a rule, and what chooses one. The rule itself has the limit for all other requests.
#[derive(Debug)]
pub(crate) struct Tiers {
    pub(crate) by: KeyPart,
    pub(crate) of: LimitsByValue,
}

impl Tiers {
    /// Finds the bucket for a request whose key has this slot. Each limit that a request can choose has its own.
    ///
    /// Not inlined: rules without tiers do not pay for it.
    #[inline(never)]
    pub(crate) fn bucket<'a>(
        &'a self,
        rule: &'a Rule,
        slot: Slot,
        inputs: &Inputs<'_>,
    ) -> Result<Bucket<'a>, HostError> {
        let value = self.by.bytes(inputs)?;
        Ok(match value.and_then(|value| self.of.get(&value)) {
            Some((hash, limit)) => Bucket { slot: rule.buckets.slot_apart(slot, hash), limit },
            None => Bucket { slot, limit: &rule.plan.limit },
        })
    }
}
