//! Finds what the variables of a module refer to: its heap, and its statics that are not constant.

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Result, ensure};
use proxy_filter_module::image::{Image, index};
use proxy_filter_module::object::{Item, Object};

use crate::shift::SHIFT;

/// Returns the items that the memory refers to. `shifted` is the memory of the run with shifted table entries.
///
/// A word that is larger by the shift in that run is a function pointer. A word with the address of a constant is taken for a
/// reference: if it is a mere number, the module keeps a constant that it does not need.
///
/// # Errors
/// The two runs differ in another way.
pub(crate) fn of_memory(object: &Object, image: &Image, shifted: &[u8]) -> Result<BTreeSet<Item>> {
    ensure!(image.memory.len() == shifted.len(), "the memory has another size in the second run");
    // The parts below leave out constant data, with or without a symbol.
    let mut roots: BTreeSet<_> = object.data_roots.iter().copied().collect();
    let mut addresses = BTreeSet::new();
    for part in variables(object, image) {
        let words = words(&image.memory, &part).zip(words(shifted, &part));
        for ((one, other), address) in words.zip(part.clone().step_by(4)) {
            if one == other {
                addresses.insert(one);
                continue;
            }
            ensure!(
                one.checked_add(SHIFT) == Some(other),
                "the memory at {address:#x} is {one:#x}, and {other:#x} in the second run: does `Specialize::plan` compute \
                 with the addresses of functions?"
            );
            // An entry without a function is half of an old pointer: a smaller value has overwritten the rest.
            roots.extend(object.table.get(&one).map(|function| Item::Function(*function)));
        }
    }
    for (position, constant) in object.constants.iter().enumerate() {
        // A pointer to the end is a reference too: slice iterators hold one.
        let range = constant.memory.start..=constant.memory.end;
        if addresses.range(range).next().is_some() {
            roots.insert(Item::Constant(position));
        }
    }
    Ok(roots)
}

/// Returns the memory that is neither stack nor constant.
fn variables(object: &Object, image: &Image) -> Vec<Range<u32>> {
    let end = u32::try_from(image.memory.len()).unwrap_or(u32::MAX);
    let mut constants = object.constant_memory.clone();
    constants.sort_by_key(|memory| memory.start);
    let mut parts = Vec::new();
    let mut start = object.stack_end;
    for memory in constants {
        parts.push(start..memory.start);
        // The next word begins there, or in the constant's last bytes.
        start = memory.end & !3;
    }
    parts.push(start..end);
    parts
}

fn words<'a>(memory: &'a [u8], part: &Range<u32>) -> impl Iterator<Item = u32> + use<'a> {
    let bytes = memory.get(index(part.start)..index(part.end)).unwrap_or_default();
    bytes.chunks_exact(4).filter_map(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use proxy_filter_module::object::Constant;

    use super::*;

    /// Eight bytes of stack, then two variables, a constant, and two variables.
    fn roots(variables: [u32; 4], shifted: [u32; 4]) -> Result<Vec<Item>> {
        let memory = |[a, b, c, d]: [u32; 4]| -> Vec<u8> {
            [0, 0, a, b, 0, c, d].into_iter().flat_map(u32::to_le_bytes).collect()
        };
        let object = Object {
            table: [(1, 41)].into(),
            constants: vec![Constant { memory: 16..20, references: Vec::new() }],
            constant_memory: vec![Range { start: 16, end: 20 }],
            stack_end: 8,
            ..Object::default()
        };
        let image = Image { memory: memory(variables) };
        Ok(of_memory(&object, &image, &memory(shifted))?.into_iter().collect())
    }

    #[test]
    fn a_number_that_is_a_table_entry_is_no_reference() {
        assert_eq!(roots([1, 5, 0, 1], [1, 5, 0, 1]).unwrap(), []);
    }

    #[test]
    fn a_word_that_the_shift_changes_is_a_function_pointer() {
        assert_eq!(roots([0, 1, 0, 0], [0, 1 + SHIFT, 0, 0]).unwrap(), [Item::Function(41)]);
        // The half of a pointer that is left under two bytes of zero.
        assert_eq!(roots([0, 0, 0, 0], [0, SHIFT, 0, 0]).unwrap(), []);
    }

    #[test]
    fn addresses_in_a_constant_and_at_its_end_refer_to_it() {
        for (address, expected) in
            [(15, None), (16, Some(Item::Constant(0))), (20, Some(Item::Constant(0))), (21, None)]
        {
            let found = roots([0, 0, address, 0], [0, 0, address, 0]).unwrap();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{address}");
        }
    }

    #[test]
    fn any_other_difference_is_an_error() {
        let error = roots([0, 7, 0, 0], [0, 8, 0, 0]).unwrap_err().to_string();
        assert!(error.starts_with("the memory at 0xc is 0x7, and 0x8 in the second run"), "{error}");
    }
}
