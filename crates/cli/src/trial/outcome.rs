//! What a filter did, as text and as JSON.

use std::fmt::Write;

use proxy_filter_test::{Cost, Request, Response, TcpExchange};
use proxy_model::Exchange;
use serde_json::{Map, Value, json};

use super::lines;
use crate::terminal::{Style, styled};

/// How a panic is logged: by the filter, or by the proxy if its VM traps.
const PANIC: &str = "Critical: ";

/// What a filter did.
#[derive(Debug)]
pub struct Outcome {
    pub(super) run: Run,
    pub(super) log: Vec<String>,
    pub(super) counters: Vec<(String, u64)>,
    pub(super) cost: Cost,
}

#[derive(Debug)]
pub(super) enum Run {
    /// The filter refused the configuration, and logged this line.
    Refused(String),
    Http(Vec<Messages>),
    Tcp {
        sent: Vec<u8>,
        response: Vec<u8>,
        received: TcpExchange,
    },
}

/// A request and its response without and with the filter.
#[derive(Debug)]
pub(super) struct Messages {
    pub(super) before: Exchange,
    pub(super) after: Exchange,
}

/// Messages as lines.
#[derive(PartialEq)]
struct Shown {
    request: Vec<String>,
    /// `None` if the request did not reach the upstream.
    upstream_request: Option<Vec<String>>,
    upstream_response: Vec<String>,
    response: Vec<String>,
}

impl Outcome {
    /// Returns whether the filter accepted the configuration and did not panic.
    pub fn is_success(&self) -> bool {
        !matches!(self.run, Run::Refused(_)) && !self.log.iter().any(|line| line.starts_with(PANIC))
    }

    /// If the filter refused its configuration or panicked over it, returns the line that Envoy would log.
    pub fn refusal(&self, filter: &str) -> Option<String> {
        let Run::Refused(line) = &self.run else { return None };
        let line = self.log.iter().find(|line| line.starts_with(PANIC)).unwrap_or(line);
        let (level, message) = line.split_once(": ").unwrap_or(("error", line));
        Some(format!("[{}][wasm] wasm log {filter} {filter}: {message}", level.to_lowercase()))
    }

    /// Shows the messages, the log and the counters.
    pub fn text(&self, has_colors: bool) -> String {
        let mut text = String::new();
        let heading = |text: &str| styled(text, Style::Bold, has_colors) + "\n";
        match &self.run {
            Run::Refused(_) => {}
            Run::Http(all) => text += &exchanges(all, has_colors),
            Run::Tcp { sent, response, received } => {
                for (what, before, after) in [
                    ("to the upstream", sent, &received.upstream),
                    ("to the client", response, &received.client),
                ] {
                    let [before, after] = [before, after].map(|bytes| lines::of_bytes(bytes));
                    text = text + &heading(what) + &lines::changes(&before, &after, has_colors);
                }
            }
        }
        let list = |what: &str, lines: &[String]| match lines.is_empty() {
            true => String::new(),
            false => heading(what) + &lines.iter().map(|line| format!("    {line}\n")).collect::<String>(),
        };
        let counters: Vec<_> = self.counters.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let Cost { instructions, hostcalls } = self.cost;
        let cost = format!("{instructions} instructions, {hostcalls} hostcalls");
        text + &list("log", &self.log)
            + &list("counters", &counters)
            + &list("cost, with configuration", &[cost])
    }

    /// Returns everything as a JSON object.
    pub fn json(&self) -> Value {
        let mut object = Map::new();
        match &self.run {
            Run::Refused(line) => _ = object.insert("refused".into(), json!(line)),
            Run::Http(all) => {
                let all = all.iter().map(Messages::shown);
                let exchange = |shown: Shown| {
                    json!({
                        "request": {"before": shown.request, "after": shown.upstream_request},
                        "response": {
                            "before": shown.upstream_request.map(|_| shown.upstream_response),
                            "after": shown.response,
                        },
                    })
                };
                object.insert("exchanges".into(), all.map(exchange).collect());
            }
            Run::Tcp { sent, response, received } => {
                let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
                let way =
                    |before: &[u8], after: &[u8]| json!({"before": shown(before), "after": shown(after)});
                object.insert("to_upstream".into(), way(sent, &received.upstream));
                object.insert("to_client".into(), way(response, &received.client));
            }
        }
        object.insert("log".into(), json!(self.log));
        let counters: Map<_, _> =
            self.counters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        object.insert("counters".into(), counters.into());
        object.insert("instructions".into(), json!(self.cost.instructions));
        object.insert("hostcalls".into(), json!(self.cost.hostcalls));
        object.into()
    }
}

impl Messages {
    fn shown(&self) -> Shown {
        let of_request =
            |request: &Request| lines::of_message(&request.headers, &request.body, &request.trailers);
        let of_response =
            |response: &Response| lines::of_message(&response.headers, &response.body, &response.trailers);
        Shown {
            request: self.before.upstream.as_ref().map(of_request).unwrap_or_default(),
            upstream_request: self.after.upstream.as_ref().map(of_request),
            upstream_response: of_response(&self.before.response),
            response: of_response(&self.after.response),
        }
    }
}

/// Shows exchanges. Those that equal the one before are only counted.
fn exchanges(all: &[Messages], has_colors: bool) -> String {
    let all: Vec<_> = all.iter().map(Messages::shown).collect();
    let (mut text, mut done) = (String::new(), 0_usize);
    for same in all.chunk_by(|one, next| one == next) {
        let Some(shown) = same.first() else { continue };
        let (first, last) = (done.saturating_add(1), done.saturating_add(same.len()));
        if all.len() > 1 {
            let which = if first == last { format!("{first}") } else { format!("{first} to {last}") };
            text += &styled(&format!("exchange {which} of {}", all.len()), Style::Bold, has_colors);
            text.push('\n');
        }
        text += &shown.text(has_colors);
        done = last;
    }
    text
}

impl Shown {
    fn text(&self, has_colors: bool) -> String {
        let heading = |text: &str| styled(text, Style::Bold, has_colors);
        let mut text = String::new();
        _ = match &self.upstream_request {
            Some(upstream) => {
                let request = lines::changes(&self.request, upstream, has_colors);
                let response = lines::changes(&self.upstream_response, &self.response, has_colors);
                write!(text, "{}\n{request}{}\n{response}", heading("request"), heading("response"))
            }
            None => {
                let request = lines::changes(&self.request, &self.request, has_colors);
                let reply = lines::changes(&[], &self.response, has_colors);
                let (first, second) =
                    (heading("request, which did not reach the upstream"), heading("reply"));
                write!(text, "{first}\n{request}{second}\n{reply}")
            }
        };
        text
    }
}
