//! What the filter keeps of a request.

use limits::in_flight::Guard;
use proxy_filter::headers::{HeaderName, HeaderValue};

use crate::due::DueCharges;
use crate::header_list::HeaderList;
use crate::limit_headers::RuleStatus;

/// What the filter keeps of a request until it ends.
#[derive(Debug, Default)]
pub struct Stream {
    pub(crate) statuses: Vec<RuleStatus>,
    /// In a box, so that streams without are small.
    pub(crate) more: Option<Box<More>>,
}

/// What the filter keeps only if the configuration needs it.
#[derive(Debug, Default)]
pub(crate) struct More {
    /// Headers that the rate limit service adds.
    pub(crate) service_headers: HeaderList,
    /// The indices of the rules in the call to the service.
    pub(crate) asked: Vec<usize>,
    /// Charges that the response decides about.
    pub(crate) due: Option<DueCharges>,
    /// Where the request is counted as in flight, until the stream ends.
    pub(crate) guards: Vec<Guard>,
}

impl Stream {
    pub(crate) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    pub(crate) fn due(&mut self) -> Option<&mut DueCharges> {
        self.more.as_mut()?.due.as_mut()
    }

    pub(crate) fn service_headers(&self) -> &[(HeaderName, HeaderValue)] {
        self.more.as_ref().map_or(&[], |more| &more.service_headers)
    }
}
