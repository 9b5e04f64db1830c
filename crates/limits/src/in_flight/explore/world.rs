//! The states that a few workers and the shared data can be in.

use std::rc::Rc;

use proxy_filter::shared_data::Change;

use crate::explore::Name;
use crate::gcra::SECOND;
use crate::in_flight::workers::Workers;
use crate::registry::{Claim, Grant, Hold, confirm, publish};
use crate::table::set::Set;

/// Requests of a key that may be in flight.
pub(super) const MOST: u64 = 1;
/// Keys of a set that have an entry of their own.
pub(super) const WAYS: usize = 1;
/// Three keys that would share the same entry.
pub(super) const KEYS: [u64; 3] = [8, 16, 24];

/// The epoch of the table that a rule with buckets has abandoned.
pub(super) const BUCKETS_EPOCH: u64 = 1;

/// A value of shared data, and the number of its last write.
pub(super) type Value = (Option<Rc<[u8]>>, u32);

/// A hold: table, epoch and initial TAT.
pub(super) type Held = (u32, u64, u64);

/// The part of the protocol to leave out, to show that it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Without {
    Nothing,
    /// Each set belongs to whoever writes it.
    Epochs,
    /// A key takes an entry of its own while its requests are in the shared one.
    LoyaltyToEntries,
    /// A worker that was gone comes back under the same number.
    NewNumbers,
    /// The rows of workers that are gone stay.
    Pruning,
    /// A worker renews its number although its tables are not confirmed.
    JointRenewal,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) without: Without,
    pub(super) now: u64,
    /// How often the clock may still move, and a worker trap.
    pub(super) jumps: u32,
    pub(super) traps: u32,
    pub(super) registry: Value,
    pub(super) workers: Value,
    /// The one set of each table.
    pub(super) sets: Vec<Value>,
    pub(super) machines: Vec<Machine>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Machine {
    pub(super) name: Name,
    pub(super) rule: u64,
    /// The keys of the requests that it may still get.
    pub(super) requests: Vec<u64>,
    pub(super) held: Option<Held>,
    pub(super) confirmed_at: Option<u64>,
    pub(super) renewed_at: Option<u64>,
    pub(super) number: Option<u64>,
    pub(super) seen: Workers,
    pub(super) in_flight: Vec<Request>,
    pub(super) at: At,
}

/// A request in flight, and where it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Request {
    pub(super) key: u64,
    pub(super) held: Held,
    pub(super) entry: u64,
    pub(super) number: u64,
}

/// A machine's progress, after its last read or write. The key is that of a request; a tick has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum At {
    Idle,
    Confirm(Option<u64>),
    Confirming(Option<u64>, u64, Value),
    Create(Option<u64>, u64, Held),
    Publish(Option<u64>, u64, Held),
    Publishing(Option<u64>, u64, Held, Value),
    Renew(Option<u64>),
    Renewing(Option<u64>, Value),
    Admit(u64),
    Admitting(u64, Value),
    Release(Request),
    Releasing(Request, Value),
}

pub(super) fn hold((table, epoch, initial_tat): Held) -> Hold {
    Hold { table, epoch, initial_tat }
}

pub(super) fn epoch(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |epoch| u64::from_le_bytes(*epoch))
}

impl Machine {
    pub(super) fn new(name: Name, rule: u64, requests: Vec<u64>) -> Self {
        Self {
            name,
            rule,
            requests,
            held: None,
            confirmed_at: None,
            renewed_at: None,
            number: None,
            seen: Workers::default(),
            in_flight: Vec::new(),
            at: At::Idle,
        }
    }
}

impl World {
    /// One machine for each rule and list of keys.
    pub(super) fn new(machines: &[(u64, &[u64])], jumps: u32, traps: u32, without: Without) -> Self {
        let machine =
            |(name, &(rule, keys)): (_, &(u64, &[u64]))| Machine::new(Name(name), rule, keys.to_vec());
        let machines = ["one", "two", "three"].into_iter().zip(machines).map(machine).collect();
        let (registry, set) = with_abandoned_table();
        let (registry, sets) = ((Some(registry.into()), 1), vec![(Some(set.into()), 1)]);
        // Small numbers, which a set of buckets may seem to hold: those of the first list begin at the clock.
        let workers = (Some(vec![0; 8].into()), 1);
        Self { without, now: 100 * SECOND, jumps, traps, registry, workers, sets, machines }
    }
}

/// Returns a registry and the one set of a table in it, which a rule with buckets has abandoned.
fn with_abandoned_table() -> (Vec<u8>, Vec<u8>) {
    let claim = Claim { identity: 100, sets: 1, fill: 0 };
    let Change::Write(bytes, Ok(grants)) = confirm(None, &[claim], 0) else { panic!("no grants") };
    let Grant::New(hold) = grants[0] else { panic!("{grants:?}") };
    let Change::Write(registry, true) = publish(Some(&bytes), hold) else { panic!("not published") };
    let mut buckets = Set::empty(hold);
    (1..=8).for_each(|key| buckets.put(key, key * SECOND));
    (registry, buckets.into_bytes())
}
