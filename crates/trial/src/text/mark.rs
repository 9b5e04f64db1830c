//! How pieces of text are shown.

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A heading.
    Heading,
    /// A line that the filter removed.
    Removed,
    /// A line that the filter added.
    Added,
}

/// Returns a piece of text as it is to be shown, for example in a color.
pub(super) type Paint<'a> = &'a dyn Fn(Mark, &str) -> String;
