//! Rules of rate-limit and rate-limit-tcp, with what they should decide.

use std::collections::HashMap;
use std::time::Duration;

use arbitrary::Arbitrary;
use serde_json::{Value, json};

use crate::bucket::{Bucket, Rate, is_bounded};

/// How long the requests of a worker that trapped may still count, with the second in which the others learn that it did.
const GONE: Duration = Duration::from_secs(32);

/// Rules of one configuration.
#[derive(Arbitrary, Debug)]
pub struct Rules {
    rules: [Rule; 3],
    count: u8,
}

impl Rules {
    /// Returns the rules, of which there is at least one.
    pub fn as_slice(&self) -> &[Rule] {
        &self.rules[..usize::from(self.count) % self.rules.len() + 1]
    }
}

/// The response header with the cost of a request.
pub const COST_HEADER: &str = "x-tokens";

#[derive(Arbitrary, Debug)]
pub struct Rule {
    is_per_client: bool,
    is_shadow: bool,
    kind: Kind,
}

#[derive(Arbitrary, Debug)]
enum Kind {
    Rate {
        limit: u8,
        milliseconds: u16,
        burst: u8,
        cost: u8,
        lease: u8,
    },
    /// A rate whose cost is read from the response.
    Late {
        limit: u8,
        milliseconds: u16,
        burst: u8,
        default: u8,
    },
    Concurrency {
        most: u8,
    },
}

/// The numbers of a rule with a rate.
struct Numbers {
    limit: u64,
    milliseconds: u64,
    burst: u64,
    cost: u64,
    lease: u64,
    /// The cost of a response that reports none. `None` if the rule does not read responses.
    default: Option<u64>,
}

impl Rule {
    /// The rule as JSON. `key` counts by client. `has_all` tells whether it may have what only rate-limit knows.
    pub fn configuration(&self, name: &str, key: &Value, has_all: bool) -> Value {
        let mut fields = json!({"name": name, "key": [], "shadow": self.is_shadow});
        // Small tables make runs faster, and have room for all clients.
        if self.is_per_client {
            fields["key"] = key.clone();
            fields["slots"] = 64.into();
        }
        match self.numbers(has_all) {
            Some(Numbers { limit, milliseconds, burst, cost, lease, default }) => {
                fields["limit"] = limit.into();
                fields["period"] = format!("{milliseconds}ms").into();
                fields["burst"] = burst.into();
                if has_all {
                    fields["cost"] = default.map_or(
                        cost.into(),
                        |default| json!({"response_header": COST_HEADER, "default": default}),
                    );
                    fields["lease"] = lease.into();
                }
            }
            None => fields["concurrency"] = self.most().into(),
        }
        fields
    }

    /// The numbers of a rule with a rate.
    fn numbers(&self, has_all: bool) -> Option<Numbers> {
        let number = |number: u8, most: u64| u64::from(number) % most + 1;
        let (limit, milliseconds, burst) = match self.kind {
            Kind::Rate { limit, milliseconds, burst, .. } | Kind::Late { limit, milliseconds, burst, .. } => {
                (number(limit, 16), u64::from(milliseconds) + 1, number(burst, 16))
            }
            Kind::Concurrency { .. } => return None,
        };
        let (cost, lease, default) = match self.kind {
            Kind::Rate { cost, lease, .. } if has_all => {
                let cost = number(cost, 3.min(burst));
                (cost, number(lease, 4.min(burst / cost)), None)
            }
            Kind::Late { default, .. } if has_all => (1, 1, Some(u64::from(default) % 8)),
            _ => (1, 1, None),
        };
        Some(Numbers { limit, milliseconds, burst, cost, lease, default })
    }

    /// Whether it decides exactly, however many workers there are.
    fn is_exact(&self, has_all: bool) -> bool {
        self.numbers(has_all).is_none_or(|numbers| numbers.lease == 1)
    }

    /// The cost of a response that reports none. `None` if the rule does not read responses.
    fn default_cost(&self, has_all: bool) -> Option<u64> {
        self.numbers(has_all)?.default
    }

    fn rate(&self, has_all: bool) -> Option<Rate> {
        let Numbers { limit, milliseconds, burst, cost, .. } = self.numbers(has_all)?;
        Some(Rate::new(limit, milliseconds, burst, cost))
    }

    /// The requests that a key may have in flight.
    fn most(&self) -> u64 {
        match self.kind {
            Kind::Rate { .. } | Kind::Late { .. } => u64::MAX,
            Kind::Concurrency { most } => u64::from(most % 4) + 1,
        }
    }

    fn key(&self, client: u8) -> u8 {
        if self.is_per_client { client } else { u8::MAX }
    }
}

/// What the rules of one configuration have counted. Every plugin with this configuration shares it.
pub struct Reference<'a> {
    rules: &'a [Rule],
    has_all: bool,
    /// By rule and key.
    buckets: HashMap<(usize, u8), Bucket>,
    allowed: HashMap<(usize, u8), Vec<u128>>,
    /// Requests in flight on workers that live, and those of workers that trapped, with the time.
    living: HashMap<(usize, u8), u64>,
    lost: Vec<(usize, u8, Duration)>,
}

/// A request in flight.
pub struct Counted {
    /// The rules and keys that count it.
    places: Vec<(usize, u8)>,
    /// Those that its response charges.
    late: Vec<((usize, u8), Rate)>,
}

impl<'a> Reference<'a> {
    pub fn new(rules: &'a [Rule], has_all: bool) -> Self {
        let (buckets, allowed, living) = Default::default();
        Self { rules, has_all, buckets, allowed, living, lost: Vec::new() }
    }

    /// Returns how long a token of one of the rules takes to come back. `None` if it has no rate.
    pub fn interval(&self, rule: usize) -> Option<Duration> {
        let rate = self.rules[rule % self.rules.len()].rate(self.has_all)?;
        Some(Duration::from_nanos(u64::try_from(rate.interval).expect("66 seconds at most")))
    }

    /// Checks what was decided about a request, and counts it. Returns what its end releases and charges, if it was
    /// admitted.
    ///
    /// # Panics
    /// The decision is wrong.
    pub fn check(&mut self, client: u8, now: Duration, is_admitted: bool) -> Option<Counted> {
        let time = now.as_nanos();
        let (mut must_be_limited, mut may_be_limited) = (false, false);
        let (mut charged, mut late, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (number, rule) in self.rules.iter().enumerate() {
            let place = (number, rule.key(client));
            let (has_room, may_have_room) = match rule.rate(self.has_all) {
                Some(rate) => {
                    let bucket = self.buckets.entry(place).or_default();
                    let has = bucket.has(rate, time);
                    let charges =
                        if rule.default_cost(self.has_all).is_some() { &mut late } else { &mut charged };
                    charges.extend(has.then_some((place, rate)));
                    // With leases, tokens may be on other workers, and the reference takes fewer than the leases.
                    (has && rule.is_exact(self.has_all), has || !rule.is_exact(self.has_all))
                }
                None => {
                    let living = self.living.get(&place).copied().unwrap_or_default();
                    let lost =
                        self.lost.iter().filter(|(rule, key, at)| (*rule, *key) == place && now < *at + GONE);
                    let possible = living + u64::try_from(lost.count()).expect("few");
                    places.extend((living < rule.most()).then_some(place));
                    (possible < rule.most(), living < rule.most())
                }
            };
            if !rule.is_shadow {
                must_be_limited |= !may_have_room;
                may_be_limited |= !has_room;
            }
        }
        assert!(!is_admitted || !must_be_limited, "admitted client {client} at {now:?}");
        assert!(is_admitted || may_be_limited, "limited client {client} at {now:?}");
        if !is_admitted {
            return None;
        }
        for (place, rate) in charged {
            self.buckets.entry(place).or_default().take(rate, time);
        }
        self.check_bounds(client, time);
        places.iter().for_each(|place| *self.living.entry(*place).or_default() += 1);
        Some(Counted { places, late })
    }

    fn check_bounds(&mut self, client: u8, time: u128) {
        // Requests in flight may all have seen a bucket's last token, if responses charge it.
        let is_checked = |rule: &Rule| !rule.is_shadow && rule.default_cost(self.has_all).is_none();
        for (number, rule) in self.rules.iter().enumerate().filter(|(_, rule)| is_checked(rule)) {
            let Some(rate) = rule.rate(self.has_all) else { continue };
            let allowed = self.allowed.entry((number, rule.key(client))).or_default();
            allowed.push(time);
            assert!(is_bounded(allowed, rate), "rule {number} allowed client {client} at {allowed:?}");
        }
    }

    /// A request ends. `tokens` is the cost that its response reported: without it, the default is charged.
    pub fn release(&mut self, counted: Counted, now: Duration, tokens: Option<u64>) {
        for place in counted.places {
            *self.living.get_mut(&place).expect("it was counted") -= 1;
        }
        for (place, rate) in counted.late {
            let default = self.rules[place.0].default_cost(self.has_all).expect("it is charged late");
            let bucket = self.buckets.entry(place).or_default();
            bucket.owe(rate, tokens.unwrap_or(default).into(), now.as_nanos());
        }
    }

    /// The worker of a request traps. No response charges it.
    pub fn lose(&mut self, counted: Counted, now: Duration) {
        for place in counted.places {
            *self.living.get_mut(&place).expect("it was counted") -= 1;
            self.lost.push((place.0, place.1, now));
        }
    }
}
