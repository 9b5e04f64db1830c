//! What few rules have: a new host, and values of the request in their replacement.

use proxy_filter::headers::pseudo::AUTHORITY;
use proxy_filter::inputs::{HasInputs, Input, Inputs};
use regex_replace::Budget;

use crate::host::HostRewrite;
use crate::matcher::Matcher;
use crate::matcher::parse::Rendered;
use crate::request::Request;
use crate::safety::Unsafe;
use crate::values::Values;

/// At least one of these.
#[derive(Debug)]
pub(crate) struct Extras {
    /// Makes the new host of the rule or of its redirect.
    pub(crate) host: Option<HostRewrite>,
    /// Renders the replacement.
    pub(crate) values: Option<Values>,
}

/// What [`Extras`] made for a request.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    pub(crate) host: Option<String>,
    pub(crate) replacement: Option<Rendered>,
}

impl Extras {
    /// Makes the host and the replacement for a request. `host` is a host that an earlier rule made. `None` if the rule
    /// does not apply: the regex does not match the host, or a value is missing.
    ///
    /// # Errors
    /// A result is not safe to write, or it could take too many steps.
    #[inline(never)]
    pub(crate) fn prepare(
        &self,
        matcher: &Matcher,
        host: Option<&str>,
        request: &Request<'_>,
        budget: &Budget,
    ) -> Option<Result<Box<Prepared>, Unsafe>> {
        let mut prepared = Box::<Prepared>::default();
        if let Some(rewrite) = &self.host {
            match rewrite.apply(host.map_or(request.authority(), str::as_bytes), budget)? {
                Ok(new) => prepared.host = Some(new),
                Err(reason) => return Some(Err(reason)),
            }
        }
        if let Some(values) = &self.values {
            let rendered = match values.render(&Inputs::of_request(request.snapshot))? {
                // An example was parsed when the configuration was loaded, and values have no byte that the syntax knows.
                Ok(rendered) => matcher.parse(&rendered).map_err(|_| Unsafe::Character),
                Err(reason) => Err(reason),
            };
            match rendered {
                Ok(rendered) => prepared.replacement = Some(rendered),
                Err(reason) => return Some(Err(reason)),
            }
        }
        Some(Ok(prepared))
    }
}

impl HasInputs for Extras {
    fn visit_inputs(&self, visit: &mut dyn FnMut(Input<'_>)) {
        if self.host.is_some() {
            visit(Input::RequestHeader(&AUTHORITY));
        }
        self.values.iter().for_each(|values| values.visit_inputs(visit));
    }
}
