//! Rules, applied to a header map in order.

use std::borrow::Cow;

use proxy_filter::HostError;
use proxy_filter::headers::{HeaderName, HeaderPhase, HeaderValue, Headers};
use proxy_filter::inputs::{InputSet, Inputs};
use proxy_filter::matching::Condition;
use proxy_filter::template::Template;

use crate::guard;

/// The rules of one phase.
#[derive(Debug, Default)]
pub(crate) struct Rules(pub(crate) Vec<Rule>);

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) edit: Edit,
    pub(crate) when: Option<Condition>,
}

#[derive(Debug)]
pub(crate) enum Edit {
    Write(Write),
    Remove(HeaderName),
    /// Every header whose name begins like this, but for those that no rule may change.
    RemovePrefix(String),
    Rename {
        from: HeaderName,
        to: HeaderName,
    },
}

/// Writes values to a header.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) name: HeaderName,
    pub(crate) mode: Mode,
    pub(crate) values: Vec<Value>,
    /// What takes the place of a command without a value.
    pub(crate) default: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    Append,
    Set,
    SetIfAbsent,
    Replace,
}

#[derive(Debug)]
pub(crate) enum Value {
    Fixed(HeaderValue),
    Template(Template),
}

impl Rules {
    /// What the rules read.
    pub(crate) fn inputs(&self) -> InputSet {
        let mut inputs = InputSet::default();
        for rule in &self.0 {
            rule.when.iter().for_each(|condition| inputs.extend(condition));
            rule.templates().for_each(|template| inputs.extend(template));
        }
        inputs
    }

    pub(crate) fn apply<P: HeaderPhase>(
        &self,
        headers: &mut Headers<P>,
        inputs: &Inputs<'_>,
    ) -> Result<(), HostError> {
        self.0.iter().try_for_each(|rule| rule.apply(headers, inputs))
    }
}

impl Rule {
    /// One that always sets a header to one value.
    pub(crate) fn fixed(name: HeaderName, mode: Mode, value: HeaderValue) -> Self {
        let write = Write { name, mode, values: vec![Value::Fixed(value)], default: None };
        Self { edit: Edit::Write(write), when: None }
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        let values = match &self.edit {
            Edit::Write(write) => write.values.as_slice(),
            Edit::Remove(_) | Edit::RemovePrefix(_) | Edit::Rename { .. } => &[],
        };
        values.iter().filter_map(|value| match value {
            Value::Template(template) => Some(template),
            Value::Fixed(_) => None,
        })
    }

    fn apply<P: HeaderPhase>(&self, headers: &mut Headers<P>, inputs: &Inputs<'_>) -> Result<(), HostError> {
        if self.when.as_ref().is_some_and(|condition| condition.holds(inputs) != Some(true)) {
            return Ok(());
        }
        match &self.edit {
            Edit::Write(write) => write.apply(headers, inputs),
            Edit::Remove(name) => headers.remove(name),
            Edit::RemovePrefix(prefix) => remove_prefix(headers, prefix),
            Edit::Rename { from, to } => rename(headers, from, to),
        }
    }
}

impl Write {
    fn apply<P: HeaderPhase>(&self, headers: &mut Headers<P>, inputs: &Inputs<'_>) -> Result<(), HostError> {
        match self.mode {
            Mode::SetIfAbsent if headers.get(&self.name)?.is_some() => return Ok(()),
            Mode::Replace if headers.get(&self.name)?.is_none() => return Ok(()),
            Mode::Append | Mode::Set | Mode::SetIfAbsent | Mode::Replace => {}
        }
        // The first value that there is takes the place of those that were there.
        let mut replaces = matches!(self.mode, Mode::Set | Mode::Replace);
        for value in &self.values {
            let value = match value {
                Value::Fixed(value) => Cow::Borrowed(value),
                Value::Template(template) => match self.render(template, inputs)? {
                    Some(rendered) => Cow::Owned(rendered),
                    None => continue,
                },
            };
            match std::mem::take(&mut replaces) {
                true => headers.set(&self.name, &value)?,
                false => headers.append(&self.name, &value)?,
            }
        }
        Ok(())
    }

    /// The value of a template; `None` where it has none, or one that is no header value: a client's
    /// bytes must not split a header.
    fn render(&self, template: &Template, inputs: &Inputs<'_>) -> Result<Option<HeaderValue>, HostError> {
        let Some(rendered) = template.render(inputs, self.default.as_deref())? else {
            log::debug!("`{}` left out: a command of its value has none", self.name);
            return Ok(None);
        };
        Ok(HeaderValue::new(rendered)
            .inspect_err(|reason| log::warn!("`{}` left out: {reason}", self.name))
            .ok())
    }
}

fn remove_prefix<P: HeaderPhase>(headers: &mut Headers<P>, prefix: &str) -> Result<(), HostError> {
    let pairs = headers.pairs()?;
    let names = pairs.iter().filter(|(name, _)| name.starts_with(prefix.as_bytes()));
    // A host's names are lower-case tokens; what is none cannot be asked for.
    let mut names: Vec<_> =
        names.filter_map(|(name, _)| guard::removable(std::str::from_utf8(name).ok()?).ok()).collect();
    names.dedup();
    names.iter().try_for_each(|name| headers.remove(name))
}

/// Moves every value, one by one: some headers, such as `set-cookie`, cannot be joined.
fn rename<P: HeaderPhase>(
    headers: &mut Headers<P>,
    from: &HeaderName,
    to: &HeaderName,
) -> Result<(), HostError> {
    let pairs = headers.pairs()?;
    let mut values = pairs.values(from).peekable();
    if values.peek().is_none() {
        return Ok(());
    }
    headers.remove(from)?;
    values.try_for_each(|value| match HeaderValue::new(value) {
        Ok(value) => headers.append(to, &value),
        Err(reason) => {
            log::warn!("a value of `{from}` is lost, `{to}` cannot have it: {reason}");
            Ok(())
        }
    })
}

#[cfg(test)]
mod tests {
    use proxy_filter::headers::{HeaderPairs, serialize_pairs};
    use proxy_filter::inputs::Snapshot;

    use super::*;

    #[test]
    fn a_clients_bytes_never_split_a_header() {
        let write = Write {
            name: HeaderName::from_static("x-echo"),
            mode: Mode::Append,
            values: Vec::new(),
            default: None,
        };
        let template = Template::parse("<%REQ(x-in)%>").unwrap();
        for (bytes, expected) in [
            (b"a\r\nset-cookie: b".as_slice(), None),
            (b"a\0", None),
            (b"\xff\t", Some(b"<\xff\t>".as_slice())),
        ] {
            let pairs = serialize_pairs([(b"x-in".as_slice(), bytes)].into_iter()).unwrap();
            let request = Snapshot::of(HeaderPairs::new(pairs));
            let value = write.render(&template, &Inputs::of_request(&request)).unwrap();
            assert_eq!(value.as_ref().map(HeaderValue::as_bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
