//! The head of a request, each byte a character.

/// Returns all headers.
pub(super) fn fields(head: &str) -> impl Iterator<Item = (&str, &str)> {
    head.split("\r\n")
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name, value.trim()))
}

/// Returns the first value of a header.
pub(super) fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    fields(head).find(|(n, _)| *n == name).map(|(_, value)| value)
}
