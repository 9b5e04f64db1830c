//! The comparison of memory, in place of the C library's.
//!
//! Rust compares slices and strings with `memcmp`. That of wasi-libc takes twenty instructions for each byte, which adds up
//! in header names. This one compares word by word. Were its loop compiled to a call of `memcmp`, which compilers do with
//! loops that compare nothing but bytes, every test of a module would overflow its stack.
#![allow(unsafe_code, reason = "the compiler calls it by name, with pointers")]

use std::cmp::Ordering;

/// Compares two areas of `size` bytes. Negative if the first byte that differs is less in `a`.
///
/// # Safety
/// Both areas can be read.
// SAFETY: the linker takes this function before it looks for one in the C library.
#[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, size: usize) -> i32 {
    // SAFETY: each read is of bytes within `size`.
    unsafe {
        match size {
            0..4 => {
                let bytes = |area: *const u8| (0..size).map(move |at| area.add(at).read());
                order(bytes(a).cmp(bytes(b)))
            }
            4..8 => compare_words::<u32>(a, b, size),
            _ => compare_words::<u64>(a, b, size),
        }
    }
}

/// Compares areas that are not smaller than a word. The last word may overlap the one before it.
///
/// # Safety
/// Both areas can be read.
unsafe fn compare_words<W: Word>(a: *const u8, b: *const u8, size: usize) -> i32 {
    let last = size.wrapping_sub(size_of::<W>());
    let mut at = 0;
    loop {
        // SAFETY: a word begins at `last` or before it.
        let (a, b) =
            unsafe { (a.add(at).cast::<W>().read_unaligned(), b.add(at).cast::<W>().read_unaligned()) };
        if a != b {
            return order(a.in_order().cmp(&b.in_order()));
        }
        if at == last {
            return 0;
        }
        at = at.wrapping_add(size_of::<W>()).min(last);
    }
}

/// Several bytes.
trait Word: Copy + Ord {
    /// Returns a number that compares as the bytes do.
    fn in_order(self) -> Self;
}

impl Word for u32 {
    fn in_order(self) -> Self {
        self.to_be()
    }
}

impl Word for u64 {
    fn in_order(self) -> Self {
        self.to_be()
    }
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
