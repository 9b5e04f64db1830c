//! One rule, applied to one header map.

use proxy_filter::headers::{HeaderName, HeaderPairs, HeaderValue, Headers, Kind};
use proxy_filter::matching::Condition;
use proxy_filter::sys::HostError;
use proxy_filter::template::Template;

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: HeaderName,
    pub(crate) edit: Edit,
    pub(crate) when: Option<Condition>,
}

#[derive(Debug)]
pub(crate) enum Edit {
    Append(Value),
    Set(Value),
    SetIfAbsent(Value),
    Replace(Value),
    Remove,
}

#[derive(Debug)]
pub(crate) enum Value {
    Fixed(HeaderValue),
    Template(Template),
}

impl Rule {
    pub(crate) fn append(name: HeaderName, value: HeaderValue) -> Self {
        Self { name, edit: Edit::Append(Value::Fixed(value)), when: None }
    }

    pub(crate) fn set(name: HeaderName, value: HeaderValue) -> Self {
        Self { name, edit: Edit::Set(Value::Fixed(value)), when: None }
    }

    /// The request headers the rule looks at.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &HeaderName> {
        let template = match &self.edit {
            Edit::Append(value) | Edit::Set(value) | Edit::SetIfAbsent(value) | Edit::Replace(value) => {
                match value {
                    Value::Fixed(_) => None,
                    Value::Template(template) => Some(template),
                }
            }
            Edit::Remove => None,
        };
        self.when.iter().map(Condition::header).chain(template.into_iter().flat_map(Template::headers))
    }

    pub(crate) fn apply<K: Kind>(
        &self,
        headers: &mut Headers<K>,
        request: &HeaderPairs,
    ) -> Result<(), HostError> {
        if self.when.as_ref().is_some_and(|condition| !condition.holds(request)) {
            return Ok(());
        }
        match &self.edit {
            Edit::Append(value) => self.with(value, request, |value| headers.append(&self.name, value)),
            Edit::Set(value) => self.with(value, request, |value| headers.set(&self.name, value)),
            Edit::SetIfAbsent(value) => match headers.get(&self.name)? {
                None => self.with(value, request, |value| headers.append(&self.name, value)),
                Some(_) => Ok(()),
            },
            Edit::Replace(value) => match headers.get(&self.name)? {
                Some(_) => self.with(value, request, |value| headers.set(&self.name, value)),
                None => Ok(()),
            },
            Edit::Remove => headers.remove(&self.name),
        }
    }

    /// Calls `write` with the value. Where a template has none, or one that is no header value, the
    /// rule is left out.
    fn with(
        &self,
        value: &Value,
        request: &HeaderPairs,
        write: impl FnOnce(&HeaderValue) -> Result<(), HostError>,
    ) -> Result<(), HostError> {
        let template = match value {
            Value::Fixed(value) => return write(value),
            Value::Template(template) => template,
        };
        let Some(rendered) = template.render(request) else {
            proxy_filter::debug!("`{}` left out: the request lacks a header it is made of", self.name);
            return Ok(());
        };
        match HeaderValue::new(rendered) {
            Ok(value) => write(&value),
            Err(reason) => {
                proxy_filter::warn!("`{}` left out: {reason}", self.name);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proxy_filter::headers::serialize_pairs;

    use super::*;

    #[test]
    fn a_clients_bytes_never_split_a_header() {
        let name = HeaderName::from_static("x-echo");
        let value = Value::Template(Template::parse("<%REQ(x-in)%>").unwrap());
        let rule = Rule { name, edit: Edit::Remove, when: None };
        for (bytes, written) in
            [(b"a\r\nset-cookie: b".as_slice(), false), (b"a\0", false), (b"\xff\t", true)]
        {
            let pairs: [(&[u8], &[u8]); 1] = [(b"x-in", bytes)];
            let request = HeaderPairs::new(serialize_pairs(pairs.into_iter()).unwrap());
            let mut called = false;
            rule.with(&value, &request, |_| {
                called = true;
                Ok(())
            })
            .unwrap();
            assert_eq!(called, written, "{}", bytes.escape_ascii());
        }
    }
}
