//! Commands of add-header's templates, compared with Envoy's own in the same request.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::bootstrap::{Bootstrap, Filter, Inspector};
use harness::built;
use harness::certificate::Certificate;
use harness::fixture::Fixture;
use harness::http::Request;
use proxy_filter_test::{Response, Upstream};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::Case;

pub(crate) const TESTS: [Case; 1] = [("commands_have_the_values_of_envoys", of_http)];

/// Tests that run programs from Debian packages.
pub(crate) const WITH_PROGRAMS: [Case; 1] = [("commands_have_the_values_of_envoys_over_tls", of_tls)];

const UPSTREAM: &str = "commands";

/// A cluster without an address, so that Envoy replies.
const NOWHERE: &str = "commands-nowhere";

/// Commands for requests and responses.
const ALWAYS: [&str; 21] = [
    "%PROTOCOL%",
    "%DOWNSTREAM_REMOTE_ADDRESS%",
    "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "%DOWNSTREAM_REMOTE_PORT%",
    "%DOWNSTREAM_LOCAL_ADDRESS%",
    "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%",
    "%DOWNSTREAM_LOCAL_PORT%",
    "%CONNECTION_ID%",
    "%ROUTE_NAME%",
    "%REQ_WITHOUT_QUERY(:path)%",
    "%REQ_WITHOUT_QUERY(x-none?referer)%",
    "%REQ_WITHOUT_QUERY(referer):9%",
    "%START_TIME%",
    "%START_TIME()%",
    "%START_TIME(%Y/%m/%dT%H:%M:%S%z)%",
    "%START_TIME(%s.%3f)%",
    "%START_TIME(%f %1f %6f %9f)%",
    "%START_TIME(%s%%)% 100%%",
    "%START_TIME(%a, %d %b %Y %T GMT)%",
    "%START_TIME(%F %Z)%",
    "<%REQ(:method)% %START_TIME(%H)%>",
];

/// Commands for responses.
const OF_RESPONSES: [&str; 4] =
    ["%RESPONSE_CODE%", "%RESPONSE_CODE_DETAILS%", "%UPSTREAM_HOST%", "%UPSTREAM_CLUSTER_RAW%"];

/// Commands for responses that Envoy makes itself.
const OF_REPLIES: [&str; 2] = ["%RESPONSE_CODE%", "%RESPONSE_CODE_DETAILS%"];

/// Commands for connections with TLS and a client's certificate.
const OF_TLS: [&str; 3] =
    ["%DOWNSTREAM_TLS_VERSION%", "%DOWNSTREAM_PEER_SUBJECT%", "%REQUESTED_SERVER_NAME%"];

/// The filters, which write the value of each command to a header of their own.
fn filters(request: &[&str], response: &[&str]) -> [Filter; 3] {
    let name = |writer: &str, index: usize| format!("x-{writer}-{index}");
    let ours = |commands: &[&str]| -> Vec<Value> {
        let rule = |(index, command): (_, &&str)| json!({"name": name("ours", index), "value": command});
        commands.iter().enumerate().map(rule).collect()
    };
    let native = |commands: &[&str]| -> Vec<Value> {
        let mutation = |(index, command): (_, &&str)| {
            let value = if is_extension(command) { of_state(command) } else { (*command).to_owned() };
            json!({"append": {"header": {"key": name("native", index), "value": value}}})
        };
        commands.iter().enumerate().map(mutation).collect()
    };
    let mutations = json!({"request_mutations": native(request), "response_mutations": native(response)});
    let native = json!({
        "name": "envoy.filters.http.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
            "mutations": mutations,
        },
    });
    let ours = json!({"request": ours(request), "response": ours(response)}).to_string();
    [state(request), Filter::Native(native), built::filter("add-header", &ours)]
}

/// Returns whether a command is an extension, which `header_mutation` cannot name.
fn is_extension(command: &str) -> bool {
    command.starts_with("%REQ_WITHOUT_QUERY")
}

/// A filter that keeps the values of extensions, which it can name, where `header_mutation` reads them.
fn state(commands: &[&str]) -> Filter {
    let formatter = json!({
        "name": "envoy.formatter.req_without_query",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery",
        },
    });
    let kept = commands.iter().filter(|command| is_extension(command)).map(|command| {
        json!({
            "object_key": key(command),
            "factory_key": "envoy.string",
            "format_string": {"text_format_source": {"inline_string": command}, "formatters": [formatter]},
        })
    });
    Filter::Native(json!({
        "name": "envoy.filters.http.set_filter_state",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config",
            "on_request_headers": kept.collect::<Vec<_>>(),
        },
    }))
}

fn of_state(command: &str) -> String {
    format!("%FILTER_STATE({}:PLAIN)%", key(command))
}

/// Returns a name without the characters of commands.
fn key(command: &str) -> String {
    command.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Checks that both filters wrote the same values. Prints them.
fn same(side: &str, commands: &[&str], value: impl Fn(&str) -> Option<Vec<u8>>) -> Result<()> {
    for (index, command) in commands.iter().enumerate() {
        let native = value(&format!("x-native-{index}"));
        let ours = value(&format!("x-ours-{index}"));
        let shown = |value: &Option<Vec<u8>>| {
            value.as_ref().map_or("nothing".to_owned(), |value| value.escape_ascii().to_string())
        };
        println!("{side}: {command} is {}", shown(&ours));
        ensure!(
            native.is_some() && native == ours,
            "{side}: {command} is {} from Envoy's filter and {} from ours",
            shown(&native),
            shown(&ours)
        );
    }
    Ok(())
}

fn route(path: &str, cluster: &str) -> Value {
    json!({"name": format!("to {cluster}"), "match": {"prefix": path}, "route": {"cluster": cluster}})
}

fn of_http(fixture: &Fixture) -> Result<()> {
    let upstream = Upstream::start(Response::new(203))?;
    let responses = [ALWAYS.as_slice(), &OF_RESPONSES].concat();
    let routes = [route("/", UPSTREAM)];
    fixture.add(|bootstrap| {
        bootstrap
            .cluster(UPSTREAM, upstream.address())
            // Nothing listens on port 1.
            .cluster(NOWHERE, ([127, 0, 0, 1], 1).into())
            .routed("commands-direct", &filters(&ALWAYS, &responses), &routes)
            .routed("commands-replies", &filters(&[], &OF_REPLIES), &[route("/", NOWHERE)])
            .trusted_hops(1)
            .routed("commands-proxied", &filters(&ALWAYS, &responses), &routes)
    })?;
    let request = Request::get("/a?b=c?d").header("referer", "http://b.example/e?f");
    let proxied = |client| request.clone().header("x-forwarded-for", client);
    for (listener, request) in [
        ("commands-direct", request.clone()),
        ("commands-proxied", proxied("192.0.2.7")),
        ("commands-proxied", proxied("2001:db8::7")),
    ] {
        let response = fixture.envoy.send(listener, &request)?;
        let received = upstream.requests().pop().context("no request arrived")?;
        same("request", &ALWAYS, |name| received.headers.first(name.as_bytes()).map(<[u8]>::to_vec))?;
        same("response", &responses, |name| {
            let mut found = response.headers.iter().filter(|(other, _)| other.as_str() == name);
            found.next().map(|(_, value)| value.clone())
        })?;
    }
    let reply = fixture.envoy.send("commands-replies", &request)?;
    same("reply", &OF_REPLIES, |name| {
        let mut found = reply.headers.iter().filter(|(other, _)| other.as_str() == name);
        found.next().map(|(_, value)| value.clone())
    })
}

fn of_tls(fixture: &Fixture) -> Result<()> {
    let server = Certificate::self_signed("*.commands.example")?;
    let client = Certificate::self_signed("client.example")?;
    let upstream = Upstream::start(Response::new(200))?;
    fixture.add(|bootstrap: Bootstrap| {
        bootstrap
            .inspector(Inspector::Tls)
            .terminate_tls(&server.pem, &server.key)
            .verify_clients(&client.pem)
            .cluster("commands-tls", upstream.address())
            .routed("commands-tls", &filters(&OF_TLS, &[]), &[route("/", "commands-tls")])
    })?;
    // Strictly, host names have no underscores.
    for name in ["shop.commands.example", "my_shop.commands.example"] {
        request(&server, &client, fixture.envoy.address("commands-tls")?, name)?;
        let received = upstream.requests().pop().context("no request arrived")?;
        same("request", &OF_TLS, |name| received.headers.first(name.as_bytes()).map(<[u8]>::to_vec))?;
    }
    Ok(())
}

/// Sends a request to a server of this name. The client has a certificate.
fn request(
    server: &Certificate,
    client: &Certificate,
    address: SocketAddr,
    name: &'static str,
) -> Result<()> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.pem.as_bytes())?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.with_root_certificates(roots).with_client_auth_cert(
        vec![CertificateDer::from_pem_slice(client.pem.as_bytes())?],
        PrivateKeyDer::from_pem_slice(client.key.as_bytes())?,
    )?;
    let connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut stream = StreamOwned::new(ClientConnection::new(Arc::new(config), name.try_into()?)?, connection);
    write!(stream, "GET / HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n")?;
    // Envoy closes without TLS's goodbye.
    _ = stream.read_to_end(&mut Vec::new());
    Ok(())
}
