//! What happens to the requests of a job, as a table.

use std::collections::BTreeMap;

use super::exchange::{Connection, Exchange, Expectation, HeaderTest, Reached, Request};

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
    replied.extend(upstream.headers.iter().map(|(name, value)| header(name, value)));
    if !replied.is_empty() {
        parts.push(format!("the upstream replies {}", replied.join(", ")));
    }
    let times = if *repeat > 1 { format!("{repeat} times ") } else { String::new() };
    times + &parts.join("; ")
}

/// Shows a request: as a URL if its host or scheme matters.
fn requested(request: &Request) -> String {
    let is_url = [":authority", ":scheme"].iter().any(|name| request.pseudo(name).is_some());
    let url = match is_url {
        true => {
            format!("{}://{}", request.pseudo(":scheme").unwrap_or("http"), request.authority())
        }
        false => String::new(),
    };
    let mut shown = code(&format!("{} {url}{}", request.method, request.path));
    let headers: Vec<_> = request.plain_headers().map(|(name, value)| header(name, value)).collect();
    if !headers.is_empty() {
        shown += &format!(" with {}", headers.join(", "));
    }
    if request.from != "192.0.2.1" {
        shown += &format!(" from {}", request.from);
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
    parts.extend(upstream.as_ref().map(reached).filter(|shown| !shown.is_empty()));
    parts.extend(logged.iter().map(|line| format!("the upstream logs {}", code(line))));
    parts.extend(received.iter().map(|bytes| format!("the upstream gets {}…", code(bytes.trim_end()))));
    parts.extend(reply.iter().map(|bytes| {
        let lines: Vec<_> = bytes.lines().map(code).collect();
        format!("the client gets {}", lines.join(", "))
    }));
    parts.join("; ")
}

fn tested(headers: &BTreeMap<String, HeaderTest>) -> Vec<String> {
    let shown = |(name, test): (&String, &HeaderTest)| match test {
        HeaderTest::Present(true) => format!("a {}", code(name)),
        HeaderTest::Present(false) => format!("no {}", code(name)),
        HeaderTest::Value(value) => header(name, value),
        HeaderTest::Values(values) => {
            values.iter().map(|value| header(name, value)).collect::<Vec<_>>().join(", ")
        }
    };
    headers.iter().map(shown).collect()
}

fn reached(Reached { reached, path, headers, cluster }: &Reached) -> String {
    if !reached {
        return "nothing reaches the upstream".into();
    }
    let mut parts: Vec<_> = path.iter().map(|path| code(path)).collect();
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
