//! Headers that the filter adds to requests, to tell the upstream what it changed.

use proxy_filter::HostError;
use proxy_filter::headers::{HeaderName, HeaderPairs, HeaderValue, RequestHeaders};

use crate::changes::Changes;
use crate::request::Request;

static FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The headers that the filter adds.
#[derive(Debug)]
pub(crate) struct OwnHeaders {
    /// Holds the original target.
    pub(crate) original_path: Option<HeaderName>,
    pub(crate) forwarded_prefix: bool,
    pub(crate) forwarded_host: bool,
}

impl OwnHeaders {
    /// Returns them, unless there are none.
    pub(crate) fn any(self) -> Option<Box<Self>> {
        let any = self.original_path.is_some() || self.forwarded_prefix || self.forwarded_host;
        any.then(|| Box::new(self))
    }

    /// Removes a client's own headers of these names, so that it cannot forge them.
    #[inline(never)]
    pub(crate) fn remove_forged(
        &self,
        headers: &mut RequestHeaders,
        pairs: &HeaderPairs,
    ) -> Result<(), HostError> {
        if let Some(name) = &self.original_path {
            remove_lookalikes(headers, pairs, name)?;
        }
        if self.forwarded_prefix {
            remove_lookalikes(headers, pairs, &FORWARDED_PREFIX)?;
        }
        match self.forwarded_host {
            true => remove_lookalikes(headers, pairs, &FORWARDED_HOST),
            false => Ok(()),
        }
    }

    /// Tells the upstream the original target.
    pub(crate) fn tell_path(
        &self,
        headers: &mut RequestHeaders,
        request: &Request<'_>,
    ) -> Result<(), HostError> {
        match &self.original_path {
            Some(name) => headers.set(name, &HeaderValue::with_spaces_for_controls(request.target)),
            None => Ok(()),
        }
    }

    /// Tells the upstream the stripped prefix and the original host.
    pub(crate) fn tell_changes(
        &self,
        headers: &mut RequestHeaders,
        changes: &Changes,
        request: &Request<'_>,
    ) -> Result<(), HostError> {
        if let Some(prefix) = &changes.prefix {
            headers.set(&FORWARDED_PREFIX, prefix)?;
        }
        if self.forwarded_host && changes.host.is_some() {
            headers.set(&FORWARDED_HOST, &HeaderValue::with_spaces_for_controls(request.authority()))?;
        }
        Ok(())
    }
}

/// Removes headers of this name, and of names with `_` for `-`: an upstream that turns headers into variables, as CGI does,
/// cannot tell them apart.
#[inline(never)]
fn remove_lookalikes(
    headers: &mut RequestHeaders,
    pairs: &HeaderPairs,
    name: &HeaderName,
) -> Result<(), HostError> {
    let folded = |byte: &u8| if *byte == b'_' { b'-' } else { *byte };
    let is_lookalike = |other: &[u8]| other.iter().map(folded).eq(name.as_bytes().iter().map(folded));
    let lookalikes = pairs.iter().map(|(other, _)| other).filter(|other| is_lookalike(other));
    // Envoy passes on no header whose name is not a valid `HeaderName`.
    let names = lookalikes.filter_map(|other| HeaderName::new(std::str::from_utf8(other).ok()?).ok());
    names.into_iter().try_for_each(|other| headers.remove(&other))
}
