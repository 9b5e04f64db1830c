//! Connections of the other kinds, changed at random.

use std::time::Duration;

use fastrand::Rng;

use crate::exchange::{Ending, Expected, Version};
use crate::kind::Kind;
use crate::upstream::{FORGED, HANG, SMUGGLED};

/// Names the seed to use again.
const SEED: &str = "SEED";

/// The most changes of one connection.
const CHANGES: usize = 4;

/// The longest connection that is changed: longer ones take longer, and are mostly the same byte.
const LONGEST: usize = 4 << 10;

/// Bytes that mean something to parsers.
const BYTES: &[u8] = b"\0\x01\t\n\r \"#%&'*+,-./:;<=>?@AZ[\\]_az{|}~\x7f\x80\xbf\xc3\xff0123456789";

/// Returns the seed in the environment, or another one each time.
pub(crate) fn seed() -> u64 {
    let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| fastrand::u64(..1 << 32))
}

/// Returns this many connections of each version.
pub(crate) fn all(kinds: &[Kind], each: usize, seed: u64) -> Vec<Kind> {
    let mut random = Rng::with_seed(seed);
    [Version::Http1, Version::Http2]
        .into_iter()
        .flat_map(|version| of(kinds, version, each, &mut random))
        .collect()
}

fn of(kinds: &[Kind], version: Version, each: usize, random: &mut Rng) -> Vec<Kind> {
    let is_suitable = |kind: &&Kind| {
        let bytes = kind.parts.concat();
        let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        // A change could move what is forged, or a request inside another one, to where clients may write it.
        // Envoy does not see that a client has left if it sent more after a request that hangs.
        let is_marked = has(FORGED) || has(SMUGGLED) || has(HANG);
        kind.version == version && !bytes.is_empty() && bytes.len() <= LONGEST && !is_marked
    };
    let suitable: Vec<_> = kinds.iter().filter(is_suitable).collect();
    (0..each)
        .filter_map(|_| {
            let (first, second) = (random.choice(&suitable)?, random.choice(&suitable)?);
            let mut bytes = first.parts.concat();
            for _ in 0..random.usize(1..=CHANGES) {
                change(&mut bytes, &second.parts.concat(), random);
            }
            let kind = Kind::new(format!("{}, changed", first.name), version, bytes, Expected::Any);
            let kind =
                if random.u8(..4) == 0 { kind.slowly(random.usize(1..200), Duration::ZERO) } else { kind };
            Some(kind.ending(ending(random)))
        })
        .collect()
}

fn ending(random: &mut Rng) -> Ending {
    let after = Duration::from_micros(random.u64(..3000));
    match random.u8(..6) {
        0 => Ending::Leave(after),
        1 => Ending::Reset(after),
        2..=4 => Ending::HalfClose,
        _ => Ending::Wait,
    }
}

/// Changes some bytes. `other` is another connection of which parts can be taken.
fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    let at = random.usize(..=bytes.len());
    let end = bytes.len().min(at + random.usize(..40));
    let byte = random.choice(BYTES).copied().unwrap_or_default();
    match random.u8(..8) {
        0 => bytes.insert(at, byte),
        1 => {
            bytes.drain(at..end);
        }
        2 => bytes.truncate(at),
        3 => {
            let part = bytes.get(at..end).unwrap_or_default().to_vec();
            bytes.splice(at..at, part);
        }
        4 => {
            let from = random.usize(..=other.len());
            let part = other.get(from..other.len().min(from + 60)).unwrap_or_default().to_vec();
            bytes.splice(at..end, part);
        }
        5 => {
            if let Some(changed) = bytes.get_mut(at) {
                *changed ^= 1 << random.u8(..8);
            }
        }
        6 => {
            bytes.splice(at..at, std::iter::repeat_n(byte, random.usize(..2000)));
        }
        _ => {
            if let Some(changed) = bytes.get_mut(at) {
                *changed = byte;
            }
        }
    }
}
