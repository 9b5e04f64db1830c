//! A report as text.

mod lines;
mod mark;
mod runs;
mod statuses;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use crate::log::LogLine;
use crate::report::{Connection, Cost, Exchange, Message, Outcome, Report, Responder};
use lines::changes;
pub use mark::Mark;
use mark::Paint;
use runs::Runs;
pub use statuses::series;

impl Report {
    /// Shows the exchanges or connections, the log, the counters that are not 0, and the cost. A refusal is not shown: see
    /// [`refusal`](Self::refusal). `paint` may give headings and changed lines a color.
    ///
    /// Removed lines have a minus, added ones a plus. Equal exchanges are shown once, and so are equal lines of the log that
    /// follow one another.
    pub fn text(&self, paint: &dyn Fn(Mark, &str) -> String) -> String {
        let traffic = match &self.outcome {
            Outcome::Refused(_) => String::new(),
            Outcome::Exchanges(all) => exchanges(all, paint),
            Outcome::Connections(all) => distinct(all, "connection", connection, paint),
        };
        let log = self.log.chunk_by(|one, next| one == next).filter_map(repeated);
        let counted = self.prometheus_counters().into_iter().filter(|(_, value)| *value > 0);
        let counters = counted.map(|(name, value)| format!("{name} {value}"));
        let cost = self.cost.iter().map(|Cost { instructions, hostcalls }| {
            format!("{instructions} instructions, {hostcalls} hostcalls")
        });
        traffic
            + &list("log", log, paint)
            + &list("counters", counters, paint)
            + &list("cost, with configuration", cost, paint)
    }
}

fn heading(text: &str, paint: Paint<'_>) -> String {
    paint(Mark::Heading, text) + "\n"
}

fn list(what: &str, lines: impl Iterator<Item = String>, paint: Paint<'_>) -> String {
    let lines: String = lines.map(|line| format!("    {line}\n")).collect();
    if lines.is_empty() { lines } else { heading(what, paint) + &lines }
}

/// Shows equal lines of the log.
fn repeated(lines: &[LogLine]) -> Option<String> {
    let times = if lines.len() > 1 { format!(" (x{})", lines.len()) } else { String::new() };
    lines.first().map(|line| format!("{}: {}{times}", line.level, line.text))
}

fn exchanges(all: &[Exchange], paint: Paint<'_>) -> String {
    let status = |exchange: &Exchange| exchange.response.after.as_ref()?.status;
    let statuses: Vec<_> = all.iter().filter_map(status).collect();
    let first = if all.len() > 1 { heading(&series(&statuses), paint) } else { String::new() };
    first + &distinct(all, "exchange", exchange, paint)
}

/// Shows each exchange or connection that differs from all before it, and when it happened.
fn distinct<T: PartialEq>(
    all: &[T],
    what: &str,
    show: fn(&T, Paint<'_>) -> String,
    paint: Paint<'_>,
) -> String {
    let mut groups: Vec<(&T, Runs)> = Vec::new();
    for (at, one) in all.iter().enumerate() {
        match groups.iter_mut().find(|(known, _)| *known == one) {
            Some((_, runs)) => runs.add(at),
            None => groups.push((one, Runs::starting_at(at))),
        }
    }
    let mut text = String::new();
    for (one, runs) in groups {
        if all.len() > 1 {
            text += &heading(&format!("{what} {runs} of {}", all.len()), paint);
        }
        text += &show(one, paint);
    }
    text
}

fn exchange(exchange: &Exchange, paint: Paint<'_>) -> String {
    let of = |message: &Option<Message>| message.as_ref().map(lines::of_message).unwrap_or_default();
    let [sent, received] = [&exchange.request.before, &exchange.request.after].map(of);
    let [response, reply] = [&exchange.response.before, &exchange.response.after].map(of);
    let (what, who) = match (&exchange.request.after, exchange.responder) {
        (Some(_), Responder::Filter) => ("request", "response, which the filter replaced"),
        (Some(_), Responder::Proxy) => ("request", "response of the proxy: the filter failed"),
        (Some(_), Responder::Nobody) => ("request", "no response: the filter waits forever"),
        (Some(_), Responder::Upstream) => ("request", "response"),
        (None, Responder::Proxy) => ("request, which did not reach the upstream", "response of the proxy"),
        (None, Responder::Nobody) => {
            ("request, which did not reach the upstream", "no response: the filter waits forever")
        }
        (None, _) => ("request, which did not reach the upstream", "reply"),
    };
    let request = match &exchange.request.after {
        Some(_) => changes(&sent, &received, paint),
        None => changes(&sent, &sent, paint),
    };
    let response = match exchange.responder {
        Responder::Nobody => String::new(),
        _ => changes(&response, &reply, paint),
    };
    let mut text = String::new();
    _ = write!(text, "{}{request}{}{response}", heading(what, paint), heading(who, paint));
    text
}

fn connection(connection: &Connection, paint: Paint<'_>) -> String {
    let ways = [("to the upstream", &connection.to_upstream), ("to the client", &connection.to_client)];
    ways.iter()
        .map(|(what, sides)| {
            let [before, after] = [&sides.before, &sides.after]
                .map(|bytes| bytes.as_ref().map(lines::of_bytes).unwrap_or_default());
            heading(what, paint) + &changes(&before, &after, paint)
        })
        .collect()
}
