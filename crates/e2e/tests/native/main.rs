//! Compares the filters with Envoy's own where both have the same feature.
//!
//! Each round draws random rules that both can express. An Envoy has each set of rules twice, once with each filter, in front of
//! one upstream. Both get the same random requests, over HTTP/1.1 and HTTP/2. A round compares what the upstream and the
//! client receive. [`differences`] lists the differences that the docs describe. Any other fails with its seed.
//!
//! Older versions of Envoy differ from the newest, with which the filters are compared: in 1.36, regexes see characters, and
//! PROXY protocol headers lose TLVs of a type that occurred before.

mod budget;
mod differences;
mod exchange;
mod fixture;
mod grammar;
mod http1;
mod http2;
mod limits;
mod matchers;
mod mutations;
mod paths;
mod preambles;
mod proxied;
mod redirects;
mod regexes;
mod route_headers;
mod routes;
mod search;
mod seen;
mod shrink;
mod subject;
mod targets;
mod writing;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use harness::parts;
use harness::suite::{self, Test};
use libtest_mimic::Arguments;

use budget::Budget;
use fixture::Fixture;
use subject::Subject;

const SUBJECTS: [&Subject; 5] =
    [&mutations::SUBJECT, &route_headers::SUBJECT, &regexes::SUBJECT, &routes::SUBJECT, &limits::SUBJECT];

fn main() -> Result<ExitCode> {
    let (budget, rest) = Budget::take(std::env::args())?;
    let mut arguments = Arguments::from_iter(rest);
    // One after the other, for output in order.
    arguments.test_threads.get_or_insert(1);
    let missing = parts::missing_for_e2e();
    let fixture = match &missing {
        None => Some(Arc::new(Mutex::new(Fixture::start()?))),
        Some(_) => None,
    };
    let is_selected = |name: &&str| arguments.filter.as_deref().is_none_or(|filter| name.contains(filter));
    let names = SUBJECTS.iter().map(|subject| subject.name).chain([preambles::NAME]);
    let budget = budget.shared(names.filter(is_selected).count());
    let runs = SUBJECTS.map(|subject| {
        let run: Run = Box::new(move |fixture| search::run(fixture, subject, budget));
        (subject.name, run)
    });
    let preambles: Run = Box::new(move |fixture| preambles::run(fixture, budget));
    let tests = runs.into_iter().chain([(preambles::NAME, preambles)]).map(|(name, run)| {
        let fixture = fixture.clone();
        // Each round replaces all listeners, so subjects take turns.
        let run = move || match &fixture {
            Some(fixture) => run(&fixture.lock().unwrap_or_else(PoisonError::into_inner)),
            None => Ok(()),
        };
        Test { name: name.to_owned(), missing: missing.clone(), run: Box::new(run) }
    });
    let quoted = Test {
        name: "the_readmes_describe_the_differences".to_owned(),
        missing: None,
        run: Box::new(differences::quoted),
    };
    let exit_code = suite::run(&arguments, tests.chain([quoted]));
    // The return value of `main` ends the process without dropping what threads still hold.
    drop(fixture);
    Ok(exit_code)
}

type Run = Box<dyn Fn(&Fixture) -> Result<()> + Send>;
