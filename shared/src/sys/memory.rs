//! The comparison of memory, in place of the C library's.
//!
//! Slices and texts are compared with `memcmp`. That of wasi-libc compares byte by byte, at twenty instructions a byte: a
//! header's name costs more than to find it. This one compares eight bytes at a time.
#![allow(unsafe_code, reason = "the compiler calls it by name, with pointers")]

use std::cmp::Ordering;

/// Compares two areas of `size` bytes. Negative if the first byte that differs is less in `a`.
///
/// # Safety
/// Both areas can be read.
// SAFETY: the linker takes this function before it looks for one in the C library.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, size: usize) -> i32 {
    let mut at = 0_usize;
    while size.wrapping_sub(at) >= size_of::<u64>() {
        // SAFETY: at least eight bytes are left.
        let (a, b) =
            unsafe { (a.add(at).cast::<u64>().read_unaligned(), b.add(at).cast::<u64>().read_unaligned()) };
        if a != b {
            return order(a.swap_bytes().cmp(&b.swap_bytes()));
        }
        at = at.wrapping_add(size_of::<u64>());
    }
    while at < size {
        // SAFETY: at least one byte is left.
        let (a, b) = unsafe { (a.add(at).read(), b.add(at).read()) };
        if a != b {
            return order(a.cmp(&b));
        }
        at = at.wrapping_add(1);
    }
    0
}

fn order(order: Ordering) -> i32 {
    match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compare(a: &[u8], b: &[u8]) -> i32 {
        assert_eq!(a.len(), b.len());
        // SAFETY: both are slices of this size.
        unsafe { memcmp(a.as_ptr(), b.as_ptr(), a.len()) }
    }

    proptest! {
        #[test]
        fn areas_compare_like_slices(
            a in prop::collection::vec(any::<u8>(), 0..40),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        ) {
            let mut b = a.clone();
            for (place, byte) in changes.iter().filter(|_| !a.is_empty()) {
                b[place.index(a.len())] = *byte;
            }
            prop_assert_eq!(compare(&a, &b), order(a.cmp(&b)));
        }
    }
}
