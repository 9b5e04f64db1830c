//! The memory with which a module begins.

use std::ops::Range;

use crate::object::Object;

/// The smallest gap between segments, in bytes. The header of a segment would take more than a smaller gap.
const MIN_GAP: usize = 9;

/// The most segments. V8 refuses a module with more than 100,000.
const MOST_SEGMENTS: usize = 50_000;

/// The size of a page, in bytes.
const PAGE: usize = 1 << 16;

/// The content of a memory.
#[derive(Clone, Debug)]
pub struct Image {
    /// The bytes from address 0.
    pub memory: Vec<u8>,
}

impl Image {
    /// Returns the memory that the linker laid out.
    pub fn initial(object: &Object) -> Self {
        let end =
            object.segments.iter().map(|(address, bytes)| index(*address).saturating_add(bytes.len())).max();
        let mut memory = vec![0; end.unwrap_or_default()];
        for (address, bytes) in &object.segments {
            let start = index(*address);
            let place = memory.get_mut(start..start.saturating_add(bytes.len())).unwrap_or_default();
            place.copy_from_slice(bytes);
        }
        Self { memory }
    }

    /// Takes the memory of a module that ran, without the stack: no function is running.
    pub fn after_run(mut memory: Vec<u8>, object: &Object) -> Self {
        let stack = memory.get_mut(..index(object.stack_end)).unwrap_or_default();
        stack.fill(0);
        Self { memory }
    }

    /// Returns the memory with zeros in place of constants that are not kept.
    pub fn without_constants(&self, object: &Object, is_kept: impl Fn(usize) -> bool) -> Self {
        let mut memory = self.memory.clone();
        let part = |part: &Range<u32>| index(part.start)..index(part.end);
        for (_, constant) in object.constants.iter().enumerate().filter(|(it, _)| !is_kept(*it)) {
            memory.get_mut(part(&constant.memory)).unwrap_or_default().fill(0);
        }
        // Constants overlap if one is the end of another.
        for (_, constant) in object.constants.iter().enumerate().filter(|(it, _)| is_kept(*it)) {
            let kept = self.memory.get(part(&constant.memory)).unwrap_or_default();
            memory.get_mut(part(&constant.memory)).unwrap_or_default().copy_from_slice(kept);
        }
        Self { memory }
    }

    /// Returns the memory's size in pages.
    pub fn pages(&self) -> u64 {
        self.memory.len().div_ceil(PAGE).try_into().unwrap_or(u64::MAX)
    }

    /// Returns the parts that are not zero. Joins parts that are close to each other, and more of them if there are many.
    pub fn segments(&self) -> Vec<(u32, &[u8])> {
        let mut gap = MIN_GAP;
        let mut parts = self.parts(gap);
        while parts.len() > MOST_SEGMENTS {
            gap = gap.saturating_mul(2);
            parts = self.parts(gap);
        }
        let segment = |part: Range<usize>| Some((u32::try_from(part.start).ok()?, self.memory.get(part)?));
        parts.into_iter().filter_map(segment).collect()
    }

    /// Returns the parts that are not zero and at least this far from each other.
    fn parts(&self, gap: usize) -> Vec<Range<usize>> {
        let mut parts = Vec::<Range<usize>>::new();
        for (address, _) in self.memory.iter().enumerate().filter(|(_, byte)| **byte != 0) {
            let end = address.saturating_add(1);
            match parts.last_mut() {
                Some(part) if address.saturating_sub(part.end) < gap => part.end = end,
                _ => parts.push(address..end),
            }
        }
        parts
    }
}

/// Converts an address to an index in [`Image::memory`].
pub fn index(address: u32) -> usize {
    usize::try_from(address).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    #[test]
    fn segments_are_not_more_than_v8_takes() {
        // One gap of four is wide.
        let part = |index: usize| {
            [vec![1, 2, 3], vec![0; if index.is_multiple_of(4) { 100 } else { MIN_GAP }]].concat()
        };
        for (parts, expected) in [(12, 12), (MOST_SEGMENTS * 3, MOST_SEGMENTS * 3 / 4 + 1)] {
            let image = Image { memory: (0..parts).flat_map(part).collect() };
            let segments = image.segments();
            assert_eq!(segments.len(), expected);
            let written: usize =
                segments.iter().map(|(_, bytes)| bytes.iter().filter(|byte| **byte != 0).count()).sum();
            assert_eq!(written, parts * 3);
        }
    }

    use super::*;
    use crate::object::Constant;

    fn object(constants: &[Range<u32>]) -> Object {
        let constants =
            constants.iter().map(|memory| Constant { memory: memory.clone(), references: Vec::new() });
        Object { constants: constants.collect(), stack_end: 4, ..Object::default() }
    }

    #[test]
    fn segments_are_what_is_not_zero() {
        let mut memory = vec![0; 64];
        memory[10..12].copy_from_slice(b"ab");
        memory[20] = b'c';
        memory[21 + MIN_GAP] = b'd';
        let image = Image { memory };
        let expected: [(u32, &[u8]); 2] = [(10, b"ab\0\0\0\0\0\0\0\0c"), (30, b"d")];
        assert_eq!(image.segments(), expected);
        assert_eq!(image.pages(), 1);
    }

    #[test]
    fn the_stack_of_a_module_that_ran_is_cleared() {
        let image = Image::after_run(b"stack".to_vec(), &object(&[]));
        assert_eq!(image.memory, b"\0\0\0\0k");
    }

    #[test]
    fn constants_that_are_kept_keep_what_they_share_with_others() {
        let image = Image { memory: b"0123456789".to_vec() };
        let kept = image.without_constants(&object(&[2..8, 6..9]), |position| position == 1);
        assert_eq!(kept.memory, [b"01".as_slice(), &[0; 4], b"6789"].concat());
    }
}
