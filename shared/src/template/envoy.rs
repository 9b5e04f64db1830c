//! Commands of Envoy's that give the value of an attribute.

use crate::attribute::TextAttribute;

/// Envoy's commands, and the attributes with their values.
const SAME: [(&str, &str); 16] = [
    ("PROTOCOL", "request.protocol"),
    ("RESPONSE_CODE", "response.code"),
    ("RESPONSE_CODE_DETAILS", "response.code_details"),
    ("DOWNSTREAM_REMOTE_ADDRESS", "source.address"),
    ("DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT", "source.address"),
    ("DOWNSTREAM_REMOTE_PORT", "source.port"),
    ("DOWNSTREAM_LOCAL_ADDRESS", "destination.address"),
    ("DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT", "destination.address"),
    ("DOWNSTREAM_LOCAL_PORT", "destination.port"),
    ("DOWNSTREAM_TLS_VERSION", "connection.tls_version"),
    ("DOWNSTREAM_PEER_SUBJECT", "connection.subject_peer_certificate"),
    ("REQUESTED_SERVER_NAME", "connection.requested_server_name"),
    ("CONNECTION_ID", "connection.id"),
    ("ROUTE_NAME", "xds.route_name"),
    ("UPSTREAM_HOST", "upstream.address"),
    ("UPSTREAM_CLUSTER_RAW", "xds.cluster_name"),
];

/// Envoy's commands, and the attributes with similar values.
const SIMILAR: [(&str, &str); 4] = [
    // Gives the cluster's `alt_stat_name`, if it has one.
    ("UPSTREAM_CLUSTER", "xds.cluster_name"),
    // Gives letters in place of bits.
    ("RESPONSE_FLAGS", "response.flags"),
    // Give every name, not only the first.
    ("DOWNSTREAM_PEER_URI_SAN", "connection.uri_san_peer_certificate"),
    ("DOWNSTREAM_PEER_DNS_SAN", "connection.dns_san_peer_certificate"),
];

/// Finds the attribute with the value of a command, in the form in which the command writes it. If `of_connection`, finds no
/// attributes of requests and responses.
///
/// # Errors
/// There is only an attribute with a similar value.
pub(super) fn find(command: &str, of_connection: bool) -> Option<Result<TextAttribute, String>> {
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(name, _)| *name == command).map(|(_, attribute)| *attribute)
    };
    let (same, similar) = (find(&SAME), find(&SIMILAR));
    let attribute = same.or(similar)?;
    let found = TextAttribute::find(attribute, of_connection).ok()?;
    if same.is_none() {
        return Some(Err(format!("filters cannot know this value: the nearest is %ATTR({attribute})%")));
    }
    Some(Ok(match command {
        "RESPONSE_CODE_DETAILS" => found.without_spaces(),
        "REQUESTED_SERVER_NAME" => found.if_host_name(),
        "ROUTE_NAME" | "DOWNSTREAM_PEER_SUBJECT" => found.unless_empty(),
        _ if command.ends_with("_WITHOUT_PORT") => found.without_port(),
        _ => found,
    }))
}
