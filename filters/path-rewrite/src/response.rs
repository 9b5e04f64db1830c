//! Maps paths in a response back to those that the client knows.

use proxy_filter::headers::HeaderPairs;
use proxy_filter::prelude::*;

use crate::PathRewrite;
use crate::inverse::{Origin, Undoable};
use crate::location::Location;
use crate::set_cookie;
use crate::undo::Undo;

/// The headers with paths.
const MAPPED: [HeaderName; 3] = [
    HeaderName::from_static("location"),
    HeaderName::from_static("content-location"),
    HeaderName::from_static("set-cookie"),
];

impl OnResponseHeaders for PathRewrite {
    fn on_response_headers(
        &self,
        stream: &mut Undoable,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        let Undoable { rules, origin } = stream;
        if rules.is_empty() {
            return Ok(());
        }
        let pairs = headers.pairs()?;
        let has_paths = |(name, _): (&[u8], &[u8])| MAPPED.iter().any(|mapped| mapped.as_bytes() == name);
        // Most responses have none of these headers.
        if !pairs.iter().any(has_paths) {
            return Ok(());
        }
        let undo = Undo::new(&self.plan.rewriter, rules);
        let [locations @ .., set_cookie] = &MAPPED;
        for name in locations {
            map(headers, &pairs, name, |value| location(value, origin, &undo))?;
        }
        map(headers, &pairs, set_cookie, |value| set_cookie::with_paths(value, |path| undo.cookie_path(path)))
    }
}

/// Maps a URL. Returns `None` if it stays as it is.
pub(crate) fn location(reference: &[u8], origin: &Origin, undo: &Undo<'_>) -> Option<Vec<u8>> {
    let backends = undo.rules().filter_map(|rule| rule.inverse.as_ref()).flat_map(|inverse| &inverse.hosts);
    let location = Location::parse(reference, origin, backends)?;
    let undone = undo.path(location.path())?;
    Some(location.with(&undone.path, &undone.added))
}

/// Maps each value of a header. Writes nothing if no value changes.
fn map(
    headers: &mut ResponseHeaders,
    pairs: &HeaderPairs,
    name: &HeaderName,
    map: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Result<(), HostError> {
    let mapped: Vec<_> =
        pairs.values(name).map(|value| (value, map(value).filter(|mapped| mapped != value))).collect();
    if mapped.iter().all(|(_, mapped)| mapped.is_none()) {
        return Ok(());
    }
    let values =
        mapped.into_iter().map(|(value, mapped)| HeaderValue::new(mapped.unwrap_or_else(|| value.into())));
    // No value is lost because of another one that cannot be written.
    let Ok(values) = values.collect::<Result<Vec<_>, _>>() else { return Ok(()) };
    match values.as_slice() {
        [value] => headers.set(name, value),
        values => {
            headers.remove(name)?;
            values.iter().try_for_each(|value| headers.append(name, value))
        }
    }
}
