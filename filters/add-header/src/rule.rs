//! Rules, applied to a header map in order.

use proxy_filter::HostError;
use proxy_filter::headers::{AnyHeaders, HeaderName, HeaderValue};
use proxy_filter::inputs::{HasInputs, Input, Inputs};
use proxy_filter::matching::When;

use crate::pattern::Pattern;
use crate::present::Present;
use crate::rule_counters::RuleCounters;
use crate::substitution::{Budget, Substitution};
use crate::value::{self, DefaultText, Value};

/// The rules of one phase.
#[derive(Debug, Default)]
pub(crate) struct Rules(pub(crate) Vec<Rule>);

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) edit: Edit,
    pub(crate) when: Option<When>,
}

#[derive(Debug)]
pub(crate) enum Edit {
    Write(Write),
    Remove(Vec<HeaderName>),
    RemoveMatching(Pattern),
    /// Adds the values of a header to another one.
    Copy {
        from: HeaderName,
        to: HeaderName,
        /// Whether the first header is removed.
        is_move: bool,
    },
    #[cfg_attr(not(feature = "edit"), expect(dead_code, reason = "only add-header-edit makes it"))]
    Substitute(Substitution),
}

/// Writes values to a header.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) name: HeaderName,
    pub(crate) mode: Mode,
    pub(crate) values: Vec<Value>,
    pub(crate) default: Option<DefaultText>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    Append,
    /// Appends values that the header does not have.
    AppendIfDifferent,
    Set,
    SetIfAbsent,
    Replace,
}

impl HasInputs for Rules {
    fn visit_inputs(&self, visit: &mut dyn FnMut(Input<'_>)) {
        self.0.iter().for_each(|rule| rule.visit_inputs(visit));
    }
}

impl HasInputs for Rule {
    fn visit_inputs(&self, visit: &mut dyn FnMut(Input<'_>)) {
        if let Some(condition) = &self.when {
            condition.visit_inputs(visit);
        }
        match &self.edit {
            Edit::Write(write) => write.values.iter().for_each(|value| match value {
                Value::Fixed(_) => {}
                Value::Template(template, _) => template.visit_inputs(visit),
            }),
            Edit::Remove(_) | Edit::RemoveMatching(_) | Edit::Copy { .. } | Edit::Substitute(_) => {}
        }
    }
}

impl Rules {
    /// Applies the rules in order. `counters` has those of each rule.
    pub(crate) fn apply(
        &self,
        mut headers: AnyHeaders<'_>,
        inputs: &Inputs<'_>,
        counters: &[RuleCounters],
    ) -> Result<(), HostError> {
        let budget = Budget::default();
        self.0
            .iter()
            .zip(counters)
            .try_for_each(|(rule, counters)| rule.apply(&mut headers, inputs, &budget, counters))
    }
}

impl Rule {
    /// A rule that writes one fixed value in every stream.
    pub(crate) fn fixed(name: HeaderName, mode: Mode, value: HeaderValue) -> Self {
        let write = Write { name, mode, values: vec![Value::Fixed(value)], default: None };
        Self { edit: Edit::Write(write), when: None }
    }

    /// Returns whether the rule leaves out a value that a message cannot give it.
    pub(crate) fn may_skip(&self) -> bool {
        match &self.edit {
            Edit::Write(write) => write.values.iter().any(|value| matches!(value, Value::Template(..))),
            Edit::Substitute(substitution) => substitution.may_skip(),
            Edit::Remove(_) | Edit::RemoveMatching(_) | Edit::Copy { .. } => false,
        }
    }

    fn apply(
        &self,
        headers: &mut AnyHeaders<'_>,
        inputs: &Inputs<'_>,
        budget: &Budget,
        counters: &RuleCounters,
    ) -> Result<(), HostError> {
        if self.when.as_ref().is_some_and(|condition| condition.holds(inputs) != Some(true)) {
            return Ok(());
        }
        let is_applied = match &self.edit {
            Edit::Write(write) => write.apply(headers, inputs, counters)?,
            Edit::Remove(names) => names.iter().try_for_each(|name| headers.remove(name)).map(|()| true)?,
            Edit::RemoveMatching(pattern) => pattern.remove(headers)?,
            Edit::Copy { from, to, is_move } => copy(headers, from, to, *is_move)?,
            Edit::Substitute(substitution) => substitution.apply(headers, budget, counters)?,
        };
        if is_applied {
            counters.applied.increment(1);
        }
        Ok(())
    }
}

impl Write {
    /// Writes the values. Returns whether any was written.
    fn apply(
        &self,
        headers: &mut AnyHeaders<'_>,
        inputs: &Inputs<'_>,
        counters: &RuleCounters,
    ) -> Result<bool, HostError> {
        let mut present = None;
        match self.mode {
            Mode::SetIfAbsent if headers.get(&self.name)?.is_some() => return Ok(false),
            Mode::Replace if headers.get(&self.name)?.is_none() => return Ok(false),
            Mode::AppendIfDifferent => present = Some(Present::read(headers, &self.name)?),
            Mode::Append | Mode::Set | Mode::SetIfAbsent | Mode::Replace => {}
        }
        // The first value written replaces the present values; the others are added to it.
        let replaces = matches!(self.mode, Mode::Set | Mode::Replace);
        let mut is_written = false;
        for value in &self.values {
            let rendered;
            let value = match value {
                Value::Fixed(value) => value,
                Value::Template(template, render) => {
                    let default = self.default.as_ref().map(DefaultText::as_bytes);
                    rendered = value::checked(&self.name, render(template, inputs, default)?);
                    let Some(value) = &rendered else {
                        counters.skipped.iter().for_each(|skipped| skipped.increment(1));
                        continue;
                    };
                    value
                }
            };
            if present.as_mut().is_some_and(|present| !present.insert(value)) {
                continue;
            }
            match replaces && !is_written {
                true => headers.set(&self.name, value)?,
                false => headers.append(&self.name, value)?,
            }
            is_written = true;
        }
        Ok(is_written)
    }
}

/// Adds the values of a header to another one, one by one, because some headers, such as `set-cookie`, cannot be joined.
/// Returns whether there were any.
fn copy(
    headers: &mut AnyHeaders<'_>,
    from: &HeaderName,
    to: &HeaderName,
    is_move: bool,
) -> Result<bool, HostError> {
    let pairs = headers.pairs()?;
    let mut values = pairs.values(from).peekable();
    if values.peek().is_none() {
        return Ok(false);
    }
    if is_move {
        headers.remove(from)?;
    }
    values.try_for_each(|value| match HeaderValue::new(value) {
        Ok(value) => headers.append(to, &value),
        Err(reason) => {
            log::warn!("did not write a value of `{from}` to `{to}`: {reason}");
            Ok(())
        }
    })?;
    Ok(true)
}
