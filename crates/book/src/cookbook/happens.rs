//! What happens to the requests of a job, as a table.

use std::collections::BTreeMap;

use proxy_filter_trial::Request;

use super::exchange::{Connection, Exchange, Expectation, HeaderTest, Reached};

/// The host of requests that name none.
const HOST: &str = "a.example";

/// Returns a table in Markdown: a row for each exchange.
pub(super) fn table(exchanges: &[Exchange]) -> String {
    let rows = exchanges.iter().map(|exchange| format!("| {} | {} |\n", sent(exchange), got(exchange)));
    format!("| request | what happens |\n|---|---|\n{}", rows.collect::<String>())
}

fn sent(exchange: &Exchange) -> String {
    let Exchange { request, tcp, upstream, repeat, .. } = exchange;
    let mut parts = Vec::new();
    parts.extend(request.as_ref().map(requested));
    parts.extend(tcp.as_ref().map(connected));
    let mut replied = Vec::new();
    replied.extend((upstream.status != 200).then(|| code(&upstream.status.to_string())));
    replied.extend(upstream.headers.iter().map(|(name, value)| header(name, &value.to_string())));
    if !replied.is_empty() {
        parts.push(format!("the upstream replies {}", replied.join(", ")));
    }
    let times = if *repeat > 1 { format!("{repeat} × ") } else { String::new() };
    times + &parts.join("<br>")
}

/// Shows a request: as a URL if its host or scheme matters.
fn requested(request: &Request) -> String {
    let pseudo = |name: &str| {
        let found = request.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.to_string())
    };
    let url = match (pseudo(":scheme"), pseudo(":authority")) {
        (None, None) => String::new(),
        (scheme, host) => {
            format!("{}://{}", scheme.as_deref().unwrap_or("http"), host.as_deref().unwrap_or(HOST))
        }
    };
    let mut shown = code(&format!("{} {url}{}", request.method, request.path));
    let plain = request.headers.iter().filter(|(name, _)| !name.starts_with(':'));
    let headers: Vec<_> = plain.map(|(name, value)| header(name, &value.to_string())).collect();
    if !headers.is_empty() {
        shown += &format!(" with {}", headers.join(", "));
    }
    if let Some(client) = request.from {
        shown += &format!(" from {client}");
    }
    shown
}

fn connected(connection: &Connection) -> String {
    let sent = match &connection.server_name {
        Some(name) => format!("TLS for {}", code(name)),
        None if connection.tls => "TLS without a server name".into(),
        None => code(connection.send.lines().next().unwrap_or_default()),
    };
    match connection.from.as_str() {
        "127.0.0.1" => sent,
        from => format!("{sent} from {from}"),
    }
}

fn got(exchange: &Exchange) -> String {
    let Expectation { status, headers, body, upstream, logged, received, reply, .. } = &exchange.expect;
    let mut parts = Vec::new();
    parts.extend(status.map(|status| code(&status.to_string())));
    parts.extend(tested(headers));
    parts.extend(body.iter().map(|body| code(body.trim_end())));
    let path = exchange.request.as_ref().map(|request| request.path.as_str()).unwrap_or_default();
    parts.extend(upstream.as_ref().map(|upstream| reached(upstream, path)));
    parts.extend(logged.iter().map(|line| format!("the upstream logs {}", code(line))));
    parts.extend(received.iter().map(|bytes| format!("the upstream gets {}…", code(bytes.trim_end()))));
    parts.extend(reply.iter().map(|bytes| {
        let lines: Vec<_> = bytes.lines().map(code).collect();
        format!("the client gets {}", lines.join(", "))
    }));
    parts.join("<br>")
}

fn tested(headers: &BTreeMap<String, HeaderTest>) -> Vec<String> {
    let shown = |(name, test): (&String, &HeaderTest)| match test {
        HeaderTest::Present(true) => format!("{} with a value", code(name)),
        HeaderTest::Present(false) => format!("no {}", code(name)),
        HeaderTest::Value(value) => header(name, value),
        HeaderTest::Values(values) => {
            values.iter().map(|value| header(name, value)).collect::<Vec<_>>().join(", ")
        }
    };
    headers.iter().map(shown).collect()
}

/// Shows what reaches the upstream of a request for this path.
fn reached(Reached { reached, path, headers, cluster }: &Reached, requested: &str) -> String {
    if !reached {
        return "nothing reaches the upstream".into();
    }
    let shown = |path: &String| if path == requested { "the same path".into() } else { code(path) };
    let mut parts: Vec<_> = path.iter().map(shown).collect();
    parts.extend(tested(headers));
    let upstream = match cluster {
        Some(cluster) => format!("the cluster {}", code(cluster)),
        None => "the upstream".into(),
    };
    match parts.is_empty() {
        true if cluster.is_none() => "it reaches the upstream".into(),
        true => format!("it reaches {upstream}"),
        false => format!("{upstream} gets {}", parts.join(", ")),
    }
}

fn header(name: &str, value: &str) -> String {
    code(&format!("{}: {value}", name.to_lowercase()))
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}
