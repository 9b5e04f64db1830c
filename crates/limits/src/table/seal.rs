//! What every set begins with: the epoch of its holder, and a seal over all other numbers.
//!
//! A holder seals each set that it writes. A set whose seal is broken was written by other software, whatever it holds. The seal
//! guards against accidents, such as two modules with one `vm_id`; it is no secret.

use std::cmp::Ordering;

use crate::registry::Hold;

/// The size of a number: all are little-endian.
const NUMBER: usize = 8;

/// The size of the epoch and the seal.
pub(crate) const HEADER: usize = 2 * NUMBER;

/// An odd number whose bits look random: 2^64 divided by the golden ratio.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Seals the bytes of a set, in which the seal still has to be written.
pub(crate) fn seal(set: &mut [u8]) {
    let seal = expected(set);
    if let Some(place) = set.get_mut(NUMBER..HEADER) {
        place.copy_from_slice(&seal.to_le_bytes());
    }
}

/// Compares the holder that has written a set with another. `None` if no holder has, or the set does not exist.
pub(crate) fn compare(set: Option<&[u8]>, hold: Hold) -> Option<Ordering> {
    let set = set?;
    let [epoch, seal, ..] = set.as_chunks::<NUMBER>().0 else { return None };
    let is_sealed = set.len().is_multiple_of(NUMBER) && u64::from_le_bytes(*seal) == expected(set);
    is_sealed.then(|| u64::from_le_bytes(*epoch).cmp(&hold.epoch))
}

/// Computes the seal. Each step maps different sums, and different numbers, to different results. So a change of a single number
/// always breaks the seal, and any other change does unless two sums of 64 bits happen to be equal.
#[inline(never)]
fn expected(set: &[u8]) -> u64 {
    let numbers = set.as_chunks::<NUMBER>().0.iter().map(|number| u64::from_le_bytes(*number));
    let but_the_seal = numbers.enumerate().filter(|(index, _)| *index != 1);
    // Not from zero, or zeros would be sealed.
    but_the_seal.fold(ODD, |sum: u64, (_, number)| (sum.rotate_left(29) ^ number).wrapping_mul(ODD))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sealed(epoch: u64, numbers: &[u64]) -> Vec<u8> {
        let numbers = [&[epoch, 0], numbers].concat();
        let mut set: Vec<_> = numbers.into_iter().flat_map(u64::to_le_bytes).collect();
        seal(&mut set);
        set
    }

    fn hold(epoch: u64) -> Hold {
        Hold { table: 0, epoch, initial_tat: 0 }
    }

    #[test]
    fn a_set_has_the_epoch_of_whoever_sealed_it() {
        let set = sealed(7, &[1, 2]);
        let with = |epoch| compare(Some(&set), hold(epoch));
        assert_eq!(
            [with(6), with(7), with(8)],
            [Some(Ordering::Greater), Some(Ordering::Equal), Some(Ordering::Less)]
        );
    }

    #[test]
    fn zeros_and_what_is_too_short_are_no_holders() {
        let set = sealed(7, &[]);
        assert_eq!(compare(Some(&set), hold(7)), Some(Ordering::Equal));
        (0..HEADER).for_each(|size| assert_eq!(compare(set.get(..size), hold(7)), None, "{size}"));
        assert_eq!(compare(None, hold(7)), None);
        (0..200).for_each(|size| assert_eq!(compare(Some(&vec![0; size]), hold(7)), None, "{size} zeros"));
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
            prop_assert_eq!(compare(Some(&changed), hold(epoch)), None, "number {}", index);
            let longer = [set.as_slice(), &tail].concat();
            prop_assert_eq!(compare(Some(&longer), hold(epoch)), None);
            prop_assert_eq!(compare(Some(&set[..set.len() - tail.len().min(set.len())]), hold(epoch)), None);
        }
    }
}
