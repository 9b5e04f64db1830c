//! The header of every set: the epoch of its holder, and a seal over everything else.
//!
//! A holder seals each set that it writes. A set whose seal is broken was written by other software, whatever it holds. The seal
//! guards against accidents, such as two modules with one `vm_id`, not against an attacker.
//!
//! Requests in flight check the seal each time. Buckets check it only when they limit a request, so that an allowed request need not
//! read the whole set: a bucket that changes moves the seal by the difference, and a broken seal stays broken.

use std::cmp::Ordering;

use super::location::Location;

/// The size of a number: all are little-endian.
const NUMBER: usize = 8;

/// The size of the epoch and the seal.
pub(crate) const HEADER: usize = 2 * NUMBER;

/// An odd number whose bits look random: 2^64 divided by the golden ratio.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Seals the bytes of a set, in which the seal still has to be written.
pub(crate) fn seal(set: &mut [u8], at: Location) {
    let seal = checksum(set, at);
    if let Some(place) = set.get_mut(NUMBER..HEADER) {
        place.copy_from_slice(&seal.to_le_bytes());
    }
}

/// Compares the holder that has written a set with another. `None` if no holder wrote it, or there is no such set.
pub(crate) fn compare(set: Option<&[u8]>, at: Location) -> Option<Ordering> {
    let set = set?;
    let [epoch, seal, ..] = set.as_chunks::<NUMBER>().0 else { return None };
    let is_sealed = set.len().is_multiple_of(NUMBER) && u64::from_le_bytes(*seal) == checksum(set, at);
    is_sealed.then(|| u64::from_le_bytes(*epoch).cmp(&at.hold.epoch))
}

/// Changes a pair of numbers in a set of pairs, and moves the seal by the difference. A broken seal stays broken.
pub(crate) fn change(set: &mut [u8], pair: usize, new: [u64; 2]) {
    let numbers = set.as_chunks_mut::<NUMBER>().0;
    let [[_epoch, seal], pairs @ ..] = numbers.as_chunks_mut().0 else { return };
    let after = pairs.len().saturating_sub(pair).saturating_sub(1);
    let Some(numbers) = pairs.get_mut(pair) else { return };
    let [old_first, old_second] = numbers.map(u64::from_le_bytes);
    let [first, second] = new;
    *numbers = new.map(u64::to_le_bytes);
    let difference =
        first.wrapping_sub(old_first).wrapping_mul(MULTIPLIER).wrapping_add(second.wrapping_sub(old_second));
    let weight = MULTIPLIER.wrapping_mul(MULTIPLIER).wrapping_pow(after.try_into().unwrap_or_default());
    let sum = u64::from_le_bytes(*seal).wrapping_add(difference.wrapping_mul(weight));
    *seal = sum.to_le_bytes();
}

/// Computes the seal: a polynomial whose coefficients are the set's place and its other numbers. Since the multiplier is odd, a change
/// of a single number, or a copy of another set, always breaks the seal. Nearly all other changes do.
#[inline(never)]
fn checksum(set: &[u8], at: Location) -> u64 {
    // Never zero, or zeros would be sealed.
    let place = (u64::from(at.hold.table) << 32 | u64::from(at.set)).wrapping_add(MULTIPLIER);
    let add = |sum: u64, number: &[u8; NUMBER]| {
        sum.wrapping_mul(MULTIPLIER).wrapping_add(u64::from_le_bytes(*number))
    };
    let [epoch, _seal, numbers @ ..] = set.as_chunks().0 else { return place };
    numbers.iter().fold(add(place, epoch), add)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::registry::Hold;

    fn sealed(epoch: u64, numbers: &[u64]) -> Vec<u8> {
        let numbers = [&[epoch, 0], numbers].concat();
        let mut set: Vec<_> = numbers.into_iter().flat_map(u64::to_le_bytes).collect();
        seal(&mut set, at(epoch));
        set
    }

    fn at(epoch: u64) -> Location {
        Location { hold: Hold { table: 3, epoch, initial_tat: 0 }, set: 5 }
    }

    #[test]
    fn a_set_has_the_epoch_of_whoever_sealed_it() {
        let set = sealed(7, &[1, 2]);
        let with = |epoch| compare(Some(&set), at(epoch));
        assert_eq!(
            [with(6), with(7), with(8)],
            [Some(Ordering::Greater), Some(Ordering::Equal), Some(Ordering::Less)]
        );
    }

    #[test]
    fn zeros_and_short_values_have_no_holder() {
        let set = sealed(7, &[]);
        assert_eq!(compare(Some(&set), at(7)), Some(Ordering::Equal));
        (0..HEADER).for_each(|size| assert_eq!(compare(set.get(..size), at(7)), None, "{size}"));
        assert_eq!(compare(None, at(7)), None);
        (0..200).for_each(|size| assert_eq!(compare(Some(&vec![0; size]), at(7)), None, "{size} zeros"));
    }

    #[test]
    fn a_copy_of_another_set_has_no_holder() {
        let (set, here) = (sealed(7, &[1, 2]), at(7));
        let other_table = Hold { table: 4, ..here.hold };
        for other in [Location { set: 4, ..here }, Location { hold: other_table, ..here }] {
            assert_eq!(compare(Some(&set), other), None, "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn a_change_breaks_the_seal(
            (epoch, numbers) in (any::<u64>(), prop::collection::vec(any::<u64>(), 0..30)),
            index in any::<prop::sample::Index>(),
            change in 1..=u64::MAX,
            tail in prop::collection::vec(any::<u8>(), 1..40),
        ) {
            let set = sealed(epoch, &numbers);
            let mut changed = set.clone();
            let index = index.index(set.len() / NUMBER);
            let place = &mut changed.as_chunks_mut::<NUMBER>().0[index];
            *place = (u64::from_le_bytes(*place) ^ change).to_le_bytes();
            prop_assert_eq!(compare(Some(&changed), at(epoch)), None, "number {}", index);
            let longer = [set.as_slice(), &tail].concat();
            prop_assert_eq!(compare(Some(&longer), at(epoch)), None);
            prop_assert_eq!(compare(Some(&set[..set.len() - tail.len().min(set.len())]), at(epoch)), None);
        }

        #[test]
        fn a_changed_set_is_sealed_if_it_was(
            numbers in prop::collection::vec(any::<u64>(), 2..30),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<[u64; 2]>()), 1..5),
            damage in any::<u64>(),
        ) {
            let mut numbers = numbers;
            numbers.truncate(numbers.len() / 2 * 2);
            let mut set = sealed(7, &numbers);
            set[NUMBER] ^= u8::try_from(damage % 2).unwrap();
            for (index, new) in changes {
                let pair = index.index(numbers.len() / 2);
                change(&mut set, pair, new);
                numbers[2 * pair..][..2].copy_from_slice(&new);
            }
            prop_assert_eq!(compare(Some(&set), at(7)).is_some(), damage % 2 == 0);
            if damage % 2 == 0 {
                prop_assert_eq!(set, sealed(7, &numbers));
            }
        }
    }
}
