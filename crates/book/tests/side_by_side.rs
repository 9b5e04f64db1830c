//! The same filter with the plain SDK and with this layer, in the same situations. What they did is a table in the book.

use std::thread;
use std::time::Duration;

use book::expect_seen;
use proxy_filter_test::{Chain, Plugin, Proxy, Request, Response, Service, envoy_test};

/// Bytes that are no text in UTF-8, and that a header's value may have (RFC 9110, section 5.5).
const NOT_TEXT: &[u8] = b"\xff\xfe";

/// Longer than a filter waits for the service.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The number of requests after which one has almost certainly reached the worker of the situation.
const LATER: usize = 50;

/// What requests without a key get from a filter that works.
const EXPECTED: u16 = 401;

/// What happens to the filter. Returns what the client and the upstream got.
type Run = fn(&Proxy, &Plugin<'_>) -> String;

/// A situation: what it is called, and what happens.
type Situation = (&'static str, Run);

const SITUATIONS: [Situation; 9] = [
    ("a request has a key", |proxy, plugin| {
        knows(proxy, "ann");
        shown(plugin, &request())
    }),
    ("a request has no key", |proxy, plugin| {
        knows(proxy, "ann");
        shown(plugin, &Request::get("/"))
    }),
    ("the key is `ff fe`", |proxy, plugin| {
        knows(proxy, "ann");
        shown(plugin, &Request::get("/").header("x-key", NOT_TEXT))
    }),
    ("the user's name is `ff fe`", |proxy, plugin| {
        knows(proxy, NOT_TEXT);
        shown(plugin, &request())
    }),
    ("the service does not know the key", |proxy, plugin| {
        proxy.service("users", Service::Http(Response::new(404)));
        shown(plugin, &request())
    }),
    ("the cluster does not exist", |_, plugin| shown(plugin, &request())),
    ("the service is down", |proxy, plugin| {
        proxy.service("users", Service::Down);
        shown(plugin, &request())
    }),
    ("the service does not respond", |proxy, plugin| {
        proxy.service("users", Service::Silent);
        shown(plugin, &request())
    }),
    ("the client leaves while the request waits", |proxy, plugin| {
        proxy.service("users", Service::Silent);
        plugin.send_and_leave(&request());
        proxy.wait(TIMEOUT);
        "-".into()
    }),
];

/// What a filter did in a situation.
#[derive(PartialEq)]
struct Outcome {
    exchange: String,
    /// What good requests got afterwards.
    later: u16,
    /// The line with which the module panicked.
    panic: Option<String>,
}

impl Outcome {
    fn shown(&self) -> String {
        match self.later {
            EXPECTED => self.exchange.clone(),
            later => format!("{}; **later requests: {later}**", self.exchange),
        }
    }
}

envoy_test! {
fn the_book_shows_what_both_filters_do() {
    // At once, because one client waits in vain until its patience ends.
    let rows = thread::scope(|scope| {
        let threads = SITUATIONS.map(|(_, situation)| scope.spawn(move || outcomes(situation)));
        threads.map(|thread| thread.join().unwrap())
    });
    let mut page =
        "\n| | plain SDK, Envoy | plain SDK, wasmtime | this layer, Envoy | this layer, wasmtime |\n\
                    |---|---|---|---|---|\n"
            .to_owned();
    for ((name, _), outcomes) in SITUATIONS.iter().zip(&rows) {
        let cells: String = outcomes.iter().map(|outcome| format!(" {} |", outcome.shown())).collect();
        page += &format!("| {name} |{cells}\n");
    }
    for ((name, _), [_, plain, ours, ours_in_wasmtime]) in SITUATIONS.iter().zip(&rows) {
        if let Some(panic) = &plain.panic {
            page += &format!("\nThe plain filter's log when {name}:\n\n```text\n{panic}\n```\n");
        }
        assert!(ours.panic.is_none() && ours.later == EXPECTED, "{name}");
        assert!(ours_in_wasmtime == ours, "{name}");
    }
    expect_seen("side-by-side.md", &page).unwrap();
}
}

/// Returns what the plain filter and this layer's do, each in Envoy and in wasmtime.
fn outcomes(situation: Run) -> [Outcome; 4] {
    let (plain, ours) = ("tests/name_user_plain", "tests/name_user");
    [
        outcome(&Proxy::envoy(plain, Chain::Http), situation),
        outcome(&Proxy::wasm(plain), situation),
        outcome(&Proxy::envoy(ours, Chain::Http), situation),
        outcome(&Proxy::wasm(ours), situation),
    ]
}

fn outcome(proxy: &Proxy, situation: Run) -> Outcome {
    proxy.expect_trap();
    let plugin = proxy.load("");
    let exchange = situation(proxy, &plugin);
    // Without a key, because the service may be down.
    let mut statuses = (0..LATER).map(|_| plugin.send(Request::get("/")).status());
    let later = statuses.find(|status| *status != EXPECTED).unwrap_or(EXPECTED);
    Outcome { exchange, later, panic: plugin.logs().iter().find_map(|line| panic(line)) }
}

fn request() -> Request {
    Request::get("/").header("x-key", "secret")
}

/// Starts the service, which knows this user's key.
fn knows(proxy: &Proxy, user: impl AsRef<[u8]>) {
    proxy.service("users", Service::Http(Response::new(200).header("x-user", user)));
}

fn shown(plugin: &Plugin<'_>, request: &Request) -> String {
    let Ok(exchange) = plugin.try_send(request) else { return "no response".to_owned() };
    let headers = exchange.upstream_headers();
    let user = headers.first(b"x-user").map(<[u8]>::escape_ascii);
    let upstream = user.map(|user| format!(", `x-user: {user}`")).unwrap_or_default();
    format!("{}{upstream}", exchange.status())
}

/// Returns the message of a panic, without directories of the machine that built the module.
fn panic(line: &str) -> Option<String> {
    const CRATE: &str = "proxy-wasm-";
    let panic = line.strip_prefix("Critical: ")?;
    Some(match (panic.split_once('/'), panic.rsplit_once(CRATE)) {
        (Some((before, _)), Some((_, after))) => format!("{before}{CRATE}{after}"),
        _ => panic.to_owned(),
    })
}
