//! One input, and the types that declare theirs.

use crate::attribute::TextAttribute;
use crate::config::ConfigError;
use crate::headers::HeaderName;

/// A value that a condition or a template reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A request header, or a pseudo-header such as `:path`.
    RequestHeader(&'a HeaderName),
    /// A response header.
    ResponseHeader(&'a HeaderName),
    /// The response's status.
    ResponseStatus,
    /// The client's IP address.
    ClientIp,
    /// An attribute of the host.
    Attribute(&'a TextAttribute),
}

/// A type that declares the inputs it reads.
///
/// Match every variant of your type without a wildcard. A new variant then does not compile until it declares its
/// inputs.
pub trait HasInputs {
    /// Calls `visit` with each input. May visit the same input more than once.
    fn visit_inputs(&self, visit: &mut dyn FnMut(Input<'_>));
}

/// Checks that a condition or a template reads only inputs that are known before there is a response.
///
/// A filter calls this for each condition and template that it evaluates before there is a response.
///
/// ```
/// use proxy_filter::inputs::check_before_response;
/// use proxy_filter::template::Template;
///
/// assert!(check_before_response(&Template::parse("%REQ(x-user)%")?).is_ok());
/// let error = check_before_response(&Template::parse("%RESP(server)%")?).unwrap_err();
/// assert!(error.to_string().starts_with("`%RESP(server)%` reads the response"));
/// # Ok::<(), proxy_filter::config::ConfigError>(())
/// ```
///
/// # Errors
/// Names the first such input.
pub fn check_before_response(reader: &dyn HasInputs) -> Result<(), ConfigError> {
    let mut wrong = None;
    reader.visit_inputs(&mut |input| {
        let message = match input {
            Input::RequestHeader(_) | Input::ClientIp => return,
            Input::ResponseHeader(name) => {
                format!("`%RESP({name})%` reads the response, but is evaluated before there is one")
            }
            Input::ResponseStatus => {
                "`status` tests the response, but is evaluated before there is one".into()
            }
            Input::Attribute(attribute) if attribute.is_known_after_request() => {
                format!("`{attribute}` has no value yet when the request arrives")
            }
            Input::Attribute(_) => return,
        };
        wrong.get_or_insert(message);
    });
    match wrong {
        Some(message) => Err(ConfigError::new(format_args!(
            "{message}: remove it, or use it in a rule for responses, if the filter has any"
        ))),
        None => Ok(()),
    }
}
