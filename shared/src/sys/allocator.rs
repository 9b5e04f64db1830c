//! An allocator that keeps small freed blocks for the next allocation of their size.
//!
//! A stream allocates the same few small blocks as the stream before it. A general allocator takes about a hundred
//! instructions to find each, and as many to free it; here both take about ten. Blocks that are kept are never joined, so
//! a VM holds at most as many small blocks of each size as it once used at the same time.
#![allow(unsafe_code, reason = "allocators are unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr::null_mut;

/// The sizes of blocks are multiples of this, in bytes.
const STEP: usize = 16;

/// The alignment of blocks, in bytes.
const ALIGNMENT: usize = 8;

/// The number of sizes. Larger blocks go to the general allocator.
const SIZES: usize = 16;

/// Adds the kept blocks to a general allocator. Only for a single thread, such as a module's.
pub(crate) struct Recycling<A> {
    general: A,
    /// The first kept block of each size. A kept block begins with the address of the next.
    kept: [Cell<*mut Link>; SIZES],
}

struct Link(*mut Link);

impl<A> Recycling<A> {
    pub(crate) const fn new(general: A) -> Self {
        Self { general, kept: [const { Cell::new(null_mut()) }; SIZES] }
    }

    /// Returns the kept blocks of a layout's size, and the layout of these blocks.
    #[inline(always)]
    fn size(&self, layout: Layout) -> Option<(&Cell<*mut Link>, Layout)> {
        // A layout without a size, which no allocator gets, would be among the large ones.
        let index = layout.size().wrapping_sub(1) / STEP;
        if index >= SIZES || layout.align() > ALIGNMENT {
            return None;
        }
        // SAFETY: the index is that of a size. The size is not zero and far from overflowing, the alignment a power of two.
        unsafe {
            let size = index.wrapping_add(1).wrapping_mul(STEP);
            Some((self.kept.get_unchecked(index), Layout::from_size_align_unchecked(size, ALIGNMENT)))
        }
    }
}

// SAFETY: a module has one thread, and tests use an allocator on one thread.
unsafe impl<A> Sync for Recycling<A> {}

// SAFETY: every block is one that the general allocator returned for the layout of its size, or for a layout that has no
// such size, and goes back to where it came from. A kept block is unused memory of at least the size and the alignment of
// a link.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Recycling<A> {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((kept, layout)) = self.size(layout) else {
            // SAFETY: the caller's promises.
            return unsafe { self.general.alloc(layout) };
        };
        let first = kept.get();
        if first.is_null() {
            // SAFETY: the layout's size is not zero.
            return unsafe { self.general.alloc(layout) };
        }
        // SAFETY: `dealloc` wrote the link.
        kept.set(unsafe { (*first).0 });
        first.cast()
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some((kept, _)) = self.size(layout) else {
            // SAFETY: the caller's promises.
            return unsafe { self.general.dealloc(block, layout) };
        };
        let link = block.cast::<Link>();
        // SAFETY: the block is unused, aligned, and at least as large as a link.
        unsafe { link.write(Link(kept.get())) };
        kept.set(link);
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.size(layout), self.size(new)) {
            // SAFETY: both layouts belong to the general allocator.
            (None, None) => unsafe { self.general.realloc(block, layout, size) },
            (Some((_, old)), Some((_, new))) if old == new => block,
            _ => {
                // SAFETY: the caller's promises; the new block is apart from the old one, and both have these many bytes.
                unsafe {
                    let moved = self.alloc(new);
                    if !moved.is_null() {
                        block.copy_to_nonoverlapping(moved, layout.size().min(size));
                        self.dealloc(block, layout);
                    }
                    moved
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod tests {
    use std::alloc::System;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_freed_block_is_the_next_of_its_size() {
        let allocator = Recycling::new(System);
        let layout = |size| Layout::from_size_align(size, 4).unwrap();
        // SAFETY: layouts have a size, and every block is freed with its own.
        unsafe {
            let block = allocator.alloc(layout(17));
            allocator.dealloc(block, layout(17));
            assert_eq!(allocator.alloc(layout(32)), block);
            assert_eq!(allocator.realloc(block, layout(32), 20), block);
            let moved = allocator.realloc(block, layout(20), 33);
            assert_ne!(moved, block);
            assert_eq!(allocator.alloc(layout(18)), block);
            for kept in [moved, block] {
                allocator.dealloc(kept, layout(if kept == moved { 33 } else { 18 }));
            }
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Allocate { size: usize, align: usize },
        Resize { at: usize, size: usize },
        Free { at: usize },
    }

    fn step() -> impl Strategy<Value = Step> {
        let size = prop_oneof![1_usize..300, 1_usize..5000];
        prop_oneof![
            (size.clone(), 0_u32..7).prop_map(|(size, align)| Step::Allocate { size, align: 1 << align }),
            (any::<usize>(), size).prop_map(|(at, size)| Step::Resize { at, size }),
            any::<usize>().prop_map(|at| Step::Free { at }),
        ]
    }

    proptest! {
        /// Every block keeps its bytes until it is freed, so no two blocks overlap.
        #[test]
        fn blocks_keep_their_bytes(steps in prop::collection::vec(step(), 1..200)) {
            let allocator = Recycling::new(System);
            let mut live: Vec<(*mut u8, Layout, u8)> = Vec::new();
            for (number, step) in steps.into_iter().enumerate() {
                let fill = u8::try_from(number).unwrap();
                // SAFETY: layouts have a size, and blocks are filled and freed with their own.
                unsafe {
                    match step {
                        Step::Allocate { size, align } => {
                            let layout = Layout::from_size_align(size, align).unwrap();
                            let block = allocator.alloc(layout);
                            prop_assert_eq!(block.addr() % align, 0);
                            block.write_bytes(fill, size);
                            live.push((block, layout, fill));
                        }
                        Step::Resize { at, size } if !live.is_empty() => {
                            let at = at % live.len();
                            let (block, layout, old) = live[at];
                            let block = allocator.realloc(block, layout, size);
                            for place in 0..size.min(layout.size()) {
                                prop_assert_eq!(block.add(place).read(), old);
                            }
                            block.write_bytes(fill, size);
                            live[at] = (block, Layout::from_size_align(size, layout.align()).unwrap(), fill);
                        }
                        Step::Free { at } if !live.is_empty() => {
                            let (block, layout, old) = live.swap_remove(at % live.len());
                            for place in 0..layout.size() {
                                prop_assert_eq!(block.add(place).read(), old);
                            }
                            allocator.dealloc(block, layout);
                        }
                        Step::Resize { .. } | Step::Free { .. } => {}
                    }
                }
            }
        }
    }
}
