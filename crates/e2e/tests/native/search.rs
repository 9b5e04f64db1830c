//! The search for differences: draws rules and requests, and compares what was seen.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use fastrand::Rng;

use crate::budget::Budget;
use crate::differences::{self, Compared};
use crate::exchange::Exchange;
use crate::fixture::{Fixture, Listeners};
use crate::shrink::shrink;
use crate::subject::{Rule, Subject};

/// Sets of rules per round.
const SETS: usize = 8;

/// Every so often a request is also sent through Envoy without rules, which says whether rules change anything.
const SAMPLED: usize = 4;

/// At most one in so many requests may get no answer. Both filters fail alike then, which compares nothing.
const ANSWERED: u64 = 10;

/// What a search did.
#[derive(Default)]
struct Tally {
    rounds: u64,
    sets: u64,
    rules: u64,
    requests: u64,
    without_answer: u64,
    sampled: u64,
    changed: u64,
    differences: BTreeMap<&'static str, u64>,
}

/// Searches until the budget is used up, or a difference is found that the table does not list.
pub(crate) fn run(fixture: &Fixture, subject: &Subject, budget: Budget) -> Result<()> {
    let mut tally = Tally::default();
    let result = budget.each(|seed| {
        round(fixture, subject, seed, &mut tally).with_context(|| {
            format!("round {} of {}: repeat it with --rounds 1 --seed {seed}", tally.rounds, subject.name)
        })
    });
    tally.print(subject.name);
    result.with_context(|| fixture.log())?;
    ensure!(
        tally.without_answer <= tally.requests / ANSWERED,
        "{}: {} of {} requests got no answer",
        subject.name,
        tally.without_answer,
        tally.requests
    );
    // Rules that change nothing compare nothing.
    ensure!(
        tally.changed >= tally.sampled / 20,
        "{}: only {} of {} requests were changed",
        subject.name,
        tally.changed,
        tally.sampled
    );
    Ok(())
}

fn round(fixture: &Fixture, subject: &Subject, seed: u64, tally: &mut Tally) -> Result<()> {
    let mut random = Rng::with_seed(seed);
    let sets: Vec<_> = (0..SETS).map(|_| (subject.draw)(&mut random)).collect();
    tally.rounds += 1;
    tally.sets += sets.len() as u64;
    tally.rules += sets.iter().map(Vec::len).sum::<usize>() as u64;
    let twins: Vec<_> = sets.iter().map(|rules| (subject.configure)(rules)).collect();
    let listeners = fixture.listen(&twins).with_context(|| described(&sets))?;
    for (rules, listeners) in sets.iter().zip(listeners) {
        for index in 0..subject.requests {
            let exchange = (subject.exchange)(&mut random, rules);
            if index % SAMPLED == 0 {
                tally.sampled += 1;
                let plain = (subject.promised)(rules, fixture.send_plain(&exchange)?);
                let native = compare(fixture, subject, rules, listeners, &exchange, tally)?;
                tally.changed += u64::from(native.native != plain && native.native.is_answered());
            } else {
                compare(fixture, subject, rules, listeners, &exchange, tally)?;
            }
        }
    }
    Ok(())
}

fn described(sets: &[Vec<Rule>]) -> String {
    let set = |(index, rules): (usize, &Vec<Rule>)| {
        format!("set {index}\n{}", rules.iter().map(Rule::to_string).collect::<String>())
    };
    sets.iter().enumerate().map(set).collect()
}

/// Sends a request through both listeners. Fails with the simplest form of a difference that the table does not list.
fn compare<'a>(
    fixture: &Fixture,
    subject: &'a Subject,
    rules: &'a [Rule],
    listeners: Listeners,
    exchange: &'a Exchange,
    tally: &mut Tally,
) -> Result<Compared<'a>> {
    let compared = seen(fixture, subject, rules, listeners, exchange);
    tally.requests += 1;
    tally.without_answer += u64::from(!compared.native.is_answered());
    if compared.native == compared.ours {
        ensure!(
            differences::is_complete(&compared),
            "the location is not percent-encoded, which the table of differences says{compared}"
        );
        return Ok(compared);
    }
    if let Some(name) = differences::listed(&compared) {
        *tally.differences.entry(name).or_default() += 1;
        return Ok(compared);
    }
    if subject.has_memory {
        bail!("a difference that is not listed{compared}");
    }
    let (rules, exchange) = shrink(fixture, subject, rules.to_vec(), exchange.clone())?;
    let listeners = fixture.listen(&[(subject.configure)(&rules)])?;
    let simplest =
        listeners.iter().map(|listeners| seen(fixture, subject, &rules, *listeners, &exchange).to_string());
    bail!("a difference that is not listed{compared}\nits simplest form{}", simplest.collect::<String>())
}

/// Sends a request through both listeners.
pub(crate) fn seen<'a>(
    fixture: &Fixture,
    subject: &'a Subject,
    rules: &'a [Rule],
    listeners: Listeners,
    exchange: &'a Exchange,
) -> Compared<'a> {
    let send = |listener| (subject.promised)(rules, fixture.send(listener, exchange));
    Compared {
        subject: subject.name,
        rules,
        exchange,
        native: send(listeners.native),
        ours: send(listeners.ours),
    }
}

impl Tally {
    fn print(&self, name: &str) {
        let Self { rounds, sets, rules, requests, without_answer, sampled, changed, differences } = self;
        println!(
            "{name}: {rounds} rounds, {sets} sets of {rules} rules, {requests} requests, {without_answer} without an answer; \
             {changed} of {sampled} sampled requests were changed"
        );
        differences.iter().for_each(|(name, count)| println!("  {count} with a listed difference: {name}"));
    }
}
