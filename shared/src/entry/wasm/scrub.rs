//! Clears free memory.

use std::hint::black_box;

/// The largest block. Free memory comes in larger ones only at the end of the heap, where it is still zero.
const LARGEST: usize = 1 << 16;

/// The smallest block. A smaller one takes no less memory.
const SMALLEST: usize = 8;

/// The most blocks. What they do not cover keeps its garbage, which is stored in the specialized module.
const BLOCKS: usize = 4096;

/// Overwrites free memory with zeros, which need not be stored in a module. The tool calls this when the memory cannot
/// grow: the blocks then fill every gap, from large to small.
pub fn scrub() {
    let mut blocks = [const { Vec::<u8>::new() }; BLOCKS];
    let mut size = LARGEST;
    for block in &mut blocks {
        while block.try_reserve_exact(size).is_err() {
            size /= 2;
            if size < SMALLEST {
                return;
            }
        }
        block.resize(size, 0);
        // Nothing reads the block.
        black_box(block);
    }
}
