//! An allocator with a free list for each class of small sizes.
//!
//! A stream allocates the same few small blocks as the stream before it. A general allocator takes about a hundred
//! instructions to find each, and as many to free it; here both take about ten. Free blocks are never joined, so a VM holds
//! at most as many blocks of each class as it once used at the same time.
#![allow(unsafe_code, reason = "allocators are unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr::null_mut;

/// The difference between the sizes of two neighboring classes, in bytes.
const STEP: usize = 16;

/// The alignment of blocks, in bytes.
const ALIGNMENT: usize = 8;

/// The number of size classes. Larger blocks go to the general allocator.
const CLASSES: usize = 16;

/// Adds free lists to a general allocator. Only for a single thread, such as a module's.
pub(crate) struct FreeLists<A> {
    general: A,
    /// The first free block of each class. A free block begins with the address of the next.
    lists: [Cell<*mut Link>; CLASSES],
}

struct Link(*mut Link);

impl<A> FreeLists<A> {
    pub(crate) const fn new(general: A) -> Self {
        Self { general, lists: [const { Cell::new(null_mut()) }; CLASSES] }
    }

    /// Returns the free list of a layout's class, and the layout of its blocks. `None` if the layout has no class.
    #[inline(always)]
    fn class(&self, layout: Layout) -> Option<(&Cell<*mut Link>, Layout)> {
        // A layout without a size, which no allocator gets, would be among the large ones.
        let index = layout.size().wrapping_sub(1) / STEP;
        if index >= CLASSES || layout.align() > ALIGNMENT {
            return None;
        }
        // SAFETY: the index is that of a class. The size is not zero and far from overflowing, the alignment a power of two.
        unsafe {
            let size = index.wrapping_add(1).wrapping_mul(STEP);
            Some((self.lists.get_unchecked(index), Layout::from_size_align_unchecked(size, ALIGNMENT)))
        }
    }
}

// SAFETY: a module has one thread, and tests use an allocator on one thread.
unsafe impl<A> Sync for FreeLists<A> {}

// SAFETY: the general allocator returned every block, for the layout of its class, or for a layout without a class. A block
// goes back to where it came from. A free block has at least the size and the alignment of a link.
unsafe impl<A: GlobalAlloc> GlobalAlloc for FreeLists<A> {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((list, layout)) = self.class(layout) else {
            // SAFETY: the caller's promises.
            return unsafe { self.general.alloc(layout) };
        };
        let first = list.get();
        if first.is_null() {
            // SAFETY: the layout's size is not zero.
            return unsafe { self.general.alloc(layout) };
        }
        // SAFETY: `dealloc` wrote the link.
        list.set(unsafe { (*first).0 });
        first.cast()
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some((list, _)) = self.class(layout) else {
            // SAFETY: the caller's promises.
            return unsafe { self.general.dealloc(block, layout) };
        };
        let link = block.cast::<Link>();
        // SAFETY: the block is unused, aligned, and at least as large as a link.
        unsafe { link.write(Link(list.get())) };
        list.set(link);
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.class(layout), self.class(new)) {
            // SAFETY: both layouts belong to the general allocator.
            (None, None) => unsafe { self.general.realloc(block, layout, size) },
            (Some((_, old)), Some((_, new))) if old == new => block,
            _ => {
                // SAFETY: the caller's promises; the blocks do not overlap, and both have this many bytes.
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

    /// Frees the blocks in the lists, which the allocator keeps for good: Miri reports what is left.
    fn release(allocator: &FreeLists<System>) {
        for (class, list) in allocator.lists.iter().enumerate() {
            let layout = Layout::from_size_align((class + 1) * STEP, ALIGNMENT).unwrap();
            let mut block = list.replace(null_mut());
            while !block.is_null() {
                // SAFETY: a block in a list is free, has its class's layout, and begins with the next.
                unsafe {
                    let Link(next) = block.read();
                    System.dealloc(block.cast(), layout);
                    block = next;
                }
            }
        }
    }

    #[test]
    fn a_freed_block_is_the_next_of_its_class() {
        let allocator = FreeLists::new(System);
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
            allocator.dealloc(moved, layout(33));
            allocator.dealloc(block, layout(18));
        }
        release(&allocator);
    }

    /// The largest block and the most steps: fewer in Miri, which takes a thousand times as long.
    const LIMITS: (usize, usize) = if cfg!(miri) { (600, 25) } else { (5000, 200) };

    #[derive(Clone, Debug)]
    enum Step {
        Allocate { size: usize, align: usize },
        Resize { at: usize, size: usize },
        Free { at: usize },
    }

    fn step() -> impl Strategy<Value = Step> {
        let size = prop_oneof![1_usize..300, 1_usize..LIMITS.0];
        prop_oneof![
            (size.clone(), 0_u32..7).prop_map(|(size, align)| Step::Allocate { size, align: 1 << align }),
            (any::<usize>(), size).prop_map(|(at, size)| Step::Resize { at, size }),
            any::<usize>().prop_map(|at| Step::Free { at }),
        ]
    }

    proptest! {
        /// Every block keeps its bytes until it is freed, so no two blocks overlap.
        #[test]
        fn blocks_keep_their_bytes(steps in prop::collection::vec(step(), 1..LIMITS.1)) {
            let allocator = FreeLists::new(System);
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
            for (block, layout, _) in live {
                // SAFETY: the block is not freed yet, and this is its layout.
                unsafe { allocator.dealloc(block, layout) };
            }
            release(&allocator);
        }
    }
}
