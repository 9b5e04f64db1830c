//! Shrinks a difference to its simplest form.

use anyhow::Result;

use crate::differences;
use crate::exchange::Exchange;
use crate::fixture::{Fixture, Listeners};
use crate::search::seen;
use crate::subject::{Rule, Subject};

/// Leaves out rules, headers and parts of the target as long as a difference remains that the table does not list.
pub(crate) fn shrink(
    fixture: &Fixture,
    subject: &Subject,
    mut rules: Vec<Rule>,
    mut exchange: Exchange,
) -> Result<(Vec<Rule>, Exchange)> {
    let differs = |rules: &[Rule], listeners: Listeners, exchange: &Exchange| {
        let compared = seen(fixture, subject, rules, listeners, exchange);
        compared.native != compared.ours && differences::listed(&compared).is_none()
    };
    let mut index = 0;
    while index < rules.len() && rules.len() > 1 {
        let mut fewer = rules.clone();
        fewer.remove(index);
        match fixture.listen(&[(subject.configure)(&fewer)])?.as_slice() {
            [listeners] if differs(&fewer, *listeners, &exchange) => rules = fewer,
            _ => index += 1,
        }
    }
    if let [listeners] = fixture.listen(&[(subject.configure)(&rules)])?.as_slice() {
        while let Some(simpler) =
            exchange.simpler().into_iter().find(|simpler| differs(&rules, *listeners, simpler))
        {
            exchange = simpler;
        }
    }
    Ok((rules, exchange))
}
