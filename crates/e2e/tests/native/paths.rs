//! Paths, as servers and path-rewrite read them.

/// The longest path that path-rewrite writes, in bytes.
const LONGEST: usize = 8 * 1024;

/// Returns whether servers could misread a target that path-rewrite would write.
pub(crate) fn may_be_misread(target: &[u8]) -> bool {
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let begins_well = path.starts_with(b"/") && !path.starts_with(b"//") && !path.starts_with(b"/\\");
    let has_forbidden = path.iter().any(|byte| byte.is_ascii_control() || b" #".contains(byte));
    !begins_well || has_forbidden || has_dot_segment(path) || target.len() > LONGEST
}

/// Returns whether a path has a `.` or `..` segment in any spelling that a server may know.
pub(crate) fn has_dot_segment(path: &[u8]) -> bool {
    let path = String::from_utf8_lossy(path).to_ascii_lowercase();
    let path = path
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace("%5c", "/")
        .replace('\\', "/")
        .replace("%3b", ";");
    path.split('/').any(|segment| [".", ".."].contains(&segment.split(';').next().unwrap_or_default()))
}

/// Returns what follows the host of a URL.
pub(crate) fn path_of_location(location: &[u8]) -> &[u8] {
    let after_scheme =
        location.windows(3).position(|window| window == b"://").map_or(0, |at| at.saturating_add(3));
    let rest = location.get(after_scheme..).unwrap_or_default();
    rest.iter().position(|byte| *byte == b'/').and_then(|slash| rest.get(slash..)).unwrap_or_default()
}

/// Percent-encodes bytes that a URL may not have.
pub(crate) fn percent_encoded(url: &[u8]) -> Vec<u8> {
    let encoded = |byte: u8| match byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte) {
        true => vec![byte],
        false => format!("%{byte:02X}").into_bytes(),
    };
    url.iter().copied().flat_map(encoded).collect()
}
