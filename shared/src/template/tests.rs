//! Rendered values, and refused templates.

use super::*;
use crate::headers::HeaderPairs;
use crate::inputs::Snapshot;

fn render(template: &str) -> Option<String> {
    let request = HeaderPairs::of([
        (":method", "GET"),
        (":authority", "a.example"),
        (":path", "/a/b?c=d"),
        ("x-a", "1"),
        ("x-empty", ""),
    ]);
    let (request, response) = (Snapshot::of(request), HeaderPairs::of([(":status", "200"), ("x-r", "2")]));
    let inputs = Inputs { request: &request, response: &response };
    let value = Template::parse(template).unwrap().render(&inputs, None).unwrap();
    value.map(|value| String::from_utf8(value).unwrap())
}

#[test]
fn values() {
    for (template, expected) in [
        ("", Some("")),
        ("plain", Some("plain")),
        ("%REQ(:authority)%", Some("a.example")),
        ("%REQ(host)%", Some("a.example")),
        ("%REQ(X-A)%%REQ(x-a)%", Some("11")),
        ("100%% of %REQ(x-a)%!", Some("100% of 1!")),
        ("%REQ(x-b)%", None),
        ("%REQ(x-b?x-a)%", Some("1")),
        ("%REQ(x-a?x-b)%", Some("1")),
        ("%REQ(x-b?x-c)%", None),
        ("<%REQ(x-empty?x-a)%>", Some("<>")),
        ("%REQ(:authority):3%", Some("a.e")),
        ("%REQ(:authority):100%", Some("a.example")),
        ("%PATH%", Some("/a/b?c=d")),
        ("%PATH(WQ)%", Some("/a/b?c=d")),
        ("%PATH(NQ)%", Some("/a/b")),
        ("%PATH(NQ):2%", Some("/a")),
        ("%PATH:2%", Some("/a")),
        ("%REQ_WITHOUT_QUERY(:path)%", Some("/a/b")),
        ("%REQ_WITHOUT_QUERY(x-b?:path):2%", Some("/a")),
        ("%REQ_WITHOUT_QUERY(x-b)%", None),
        ("%RESP(x-r)% %RESP(:status)%", Some("2 200")),
        ("%RESP(x-s?x-r)%", Some("2")),
    ] {
        assert_eq!(render(template).as_deref(), expected, "{template}");
    }
    assert_eq!(Template::parse("50%%").unwrap().constant(), Some(b"50%".as_slice()));
    assert_eq!(Template::parse("%REQ(a)%").unwrap().constant(), None);
}

#[test]
fn wrong_templates() {
    for (template, expected) in [
        ("50%", "`%` has no closing `%`: write `%%` for a percent sign"),
        ("%REQ(a", "`%REQ(a` has no closing `%`"),
        ("%RQE(a)%", "unknown command `%RQE(a)%`: use %REQ(name)%, "),
        ("%REQ%", "`%REQ%`: write the header's name in brackets"),
        ("%REQ()%", "`%REQ()%`: `` is not a header name"),
        ("%REQ(a b)%", "`%REQ(a b)%`: `a b` is not a header name"),
        ("%REQ(a?b c)%", "`%REQ(a?b c)%`: `b c` is not a header name"),
        ("%REQ(a):0%", "`%REQ(a):0%`: `0` is not a positive number of bytes"),
        ("%REQ(a):x%", "`%REQ(a):x%`: `x` is not a positive number of bytes"),
        ("%PATH(XY)%", "`%PATH(XY)%`: write WQ for the path with its query, NQ for the path without"),
        ("%ATTR(source.adress)%", "`%ATTR(source.adress)%`: no such attribute: use one of "),
        ("%REQ(a)x%", "`%REQ(a)x%`: unexpected `x` after the bracket: to truncate, write `:x`"),
        ("%REQ_WITHOUT_QUERY%", "`%REQ_WITHOUT_QUERY%`: write the header's name in brackets"),
        ("%REQ_WITHOUT_QUERIES(a)%", "unknown command `%REQ_WITHOUT_QUERIES(a)%`: use %REQ(name)%, "),
        ("%START_TIME(%Y%", "`%START_TIME(%Y%` has no closing `%`"),
        ("%START_TIME(%Y) 100%", "`%START_TIME(%Y) 100%`: unexpected ` 100` after the bracket"),
        ("%START_TIME(%Y-%q)%", "`%START_TIME(%Y-%q)%`: unknown specifier in `%Y-%q`: use %Y, %m, "),
        (
            "%RESPONSE_FLAGS%",
            "`%RESPONSE_FLAGS%`: filters cannot know this value: the nearest is %ATTR(response.flags)%",
        ),
        ("%PROTOCOL()%", "unknown command `%PROTOCOL()%`: use %REQ(name)%, "),
        ("%ATTR%", "`%ATTR%`: write the name in brackets"),
        ("a\r\nb", "byte 1 is the control character 0x0d"),
    ] {
        let error = Template::parse(template).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn envoys_commands_are_attributes() {
    for (command, attribute) in [
        ("%PROTOCOL%", "request.protocol"),
        ("%DOWNSTREAM_REMOTE_PORT%", "source.port"),
        ("%UPSTREAM_CLUSTER_RAW%", "xds.cluster_name"),
    ] {
        let expected = Template::parse(&format!("%ATTR({attribute})%"));
        assert_eq!(Template::parse(command), expected, "{command}");
    }
    for command in ["%DOWNSTREAM_REMOTE_ADDRESS%", "%DOWNSTREAM_LOCAL_PORT%", "%CONNECTION_ID%"] {
        assert!(ConnectionTemplate::parse(command).is_ok(), "{command}");
    }
    for command in
        ["%PROTOCOL%", "%RESPONSE_FLAGS%", "%START_TIME%", "%START_TIME(%s)%", "%REQ_WITHOUT_QUERY(a)%"]
    {
        let message = ConnectionTemplate::parse(command).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("`{command}` is not for connections: use %ATTR(name)%")),
            "{message}"
        );
    }
}

#[test]
fn response_inputs_are_refused_before_the_response() {
    for (template, expected) in [
        ("%REQ(a)% %PATH% %ATTR(source.address)% %ATTR(request.time)%", None),
        (
            "%RESP(a)%",
            Some("`%RESP(a)%` reads the response, but is evaluated before there is one: remove it, or"),
        ),
        ("%REQ(a)% %RESP(b?c)%", Some("`%RESP(b)%` reads the response")),
        (
            "%ATTR(response.code)%",
            Some("`response.code` has no value yet when the request arrives: remove it, or"),
        ),
        ("%ATTR(upstream.address)%", Some("`upstream.address` has no value yet")),
        ("%START_TIME% %PROTOCOL% %DOWNSTREAM_REMOTE_ADDRESS% %ROUTE_NAME%", None),
        ("%RESPONSE_CODE%", Some("`response.code` has no value yet")),
        ("%UPSTREAM_HOST%", Some("`upstream.address` has no value yet")),
    ] {
        let checked = check_before_response(&Template::parse(template).unwrap());
        let message = checked.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.starts_with(expected.unwrap_or_default()), "{template}: {message}");
        assert_eq!(message.is_empty(), expected.is_none(), "{template}: {message}");
    }
}
