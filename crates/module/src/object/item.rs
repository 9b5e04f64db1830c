//! What code and data refer to.

/// A function, or a symbol of constant data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item {
    /// The function with this index.
    Function(u32),
    /// The symbol with this position in [`Object::constants`](super::Object::constants).
    Constant(usize),
}

impl Item {
    /// Returns the index of a function.
    pub fn function(self) -> Option<u32> {
        match self {
            Self::Function(function) => Some(function),
            Self::Constant(_) => None,
        }
    }
}
