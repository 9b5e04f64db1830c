//! Runs the command in a request's `x-command` header, such as `response headers: line feed`. The test compares the
//! exchanges that result.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::answer::Answer;
use crate::hostcalls::*;

const CONTINUE: u32 = 0;
const PAUSE: u32 = 1;

const REQUEST: u32 = 0;
const RESPONSE: u32 = 2;

/// The buffer of what a TCP client sends.
const DOWNSTREAM_DATA: u32 = 2;

thread_local! {
    /// The command of each stream, until its phase.
    static COMMANDS: RefCell<BTreeMap<u32, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// Reads the command, and runs it if this is its phase.
pub(crate) fn in_request_headers(context: u32) -> u32 {
    let Answer::Bytes(command) = get_header(REQUEST, "x-command") else { return CONTINUE };
    let command = String::from_utf8_lossy(&command).into_owned();
    COMMANDS.with_borrow_mut(|commands| commands.insert(context, command));
    in_phase("request headers", context)
}

/// Traps if a TCP client sends `trap`.
pub(crate) fn in_downstream_data() {
    if let Answer::Bytes(data) = get_buffer(DOWNSTREAM_DATA, 0, 4)
        && data == b"trap"
    {
        panic!("the client's data is to trap");
    }
}

/// Runs a command that begins with the phase's name.
pub(crate) fn in_phase(phase: &str, context: u32) -> u32 {
    let command = COMMANDS.with_borrow(|commands| commands.get(&context).cloned()).unwrap_or_default();
    let Some((when, what)) = command.split_once(": ") else { return CONTINUE };
    if when != phase {
        return CONTINUE;
    }
    // A command runs once: a reply that it sends passes through the response phases.
    COMMANDS.with_borrow_mut(|commands| commands.remove(&context));
    let map = if phase.starts_with("request") { REQUEST } else { RESPONSE };
    on_headers(what, map)
        .or_else(|| reply(what))
        .or_else(|| shared_data(what))
        .unwrap_or_else(|| panic!("unknown command: {what}"))
}

fn on_headers(what: &str, map: u32) -> Option<u32> {
    _ = match what {
        "nothing" => Answer::Status(0),
        "carriage return" => add_header(map, "x-probe-new", "a\rb"),
        "line feed" => add_header(map, "x-probe-new", "a\nb"),
        "NUL" => add_header(map, "x-probe-new", "a\0b"),
        "DEL" => add_header(map, "x-probe-new", "a\u{7f}b"),
        "UTF-8" => add_header(map, "x-probe-new", "é"),
        "space in a name" => add_header(map, "x probe", "1"),
        "no name" => add_header(map, "", "1"),
        "upper-case name" => add_header(map, "X-Probe-New", "1"),
        "append" => add_header(map, "x-probe", "three"),
        "append to an inline header" => add_header(map, "content-type", "text/html"),
        "replace a repeated header" => replace_header(map, "x-probe", "three"),
        "replace an absent header" => replace_header(map, "x-probe-new", "three"),
        "remove a repeated header" => remove_header(map, "x-probe"),
        "set the path" => replace_header(map, ":path", "/new"),
        "append to the path" => add_header(map, ":path", "/new"),
        "set the authority" => replace_header(map, ":authority", "b.example"),
        "set the host" => replace_header(map, "host", "b.example"),
        "trap" => panic!("the command is to trap"),
        _ => return None,
    };
    Some(CONTINUE)
}

fn reply(what: &str) -> Option<u32> {
    let none = pairs(&[]);
    let answer = match what {
        "reply" => send_local_response(403, &pairs(&[("x-probe-new", "1")]), "no"),
        "reply without a body" => send_local_response(204, &none, ""),
        "reply with a repeated header" => {
            send_local_response(403, &pairs(&[("x-probe-new", "1"), ("x-probe-new", "2")]), "")
        }
        "reply with a line feed" => send_local_response(403, &pairs(&[("x-probe-new", "a\nb")]), "no"),
        "reply with a content type" => {
            send_local_response(403, &pairs(&[("content-type", "text/html")]), "no")
        }
        "reply with a gRPC status" => send_local_response_with(429, &none, "no", 8),
        "reply with status 0" => send_local_response(0, &none, "no"),
        "reply with status 99" => send_local_response(99, &none, "no"),
        "reply with status 999" => send_local_response(999, &none, "no"),
        "reply with malformed headers" => send_local_response(403, b"\xff", "no"),
        "reply and continue" => {
            send_local_response(403, &none, "no");
            return Some(CONTINUE);
        }
        _ => return None,
    };
    // If the host refused the reply, the stream continues.
    Some(if matches!(answer, Answer::Status(0)) { PAUSE } else { CONTINUE })
}

/// Reads or writes a value of shared data. The request's headers have the key and the new value, in hexadecimal digits.
fn shared_data(what: &str) -> Option<u32> {
    let bytes = |name| match get_header(REQUEST, name) {
        Answer::Bytes(digits) => digits.as_chunks().0.iter().map(byte).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let key = bytes("x-key");
    match what {
        "write shared data" => {
            set_shared_data(key, bytes("x-value"), 0);
            Some(CONTINUE)
        }
        "read shared data" => {
            let Answer::Bytes(value) = get_shared_data(key).0 else { return Some(CONTINUE) };
            let digits: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
            send_local_response(200, &pairs(&[]), &digits);
            Some(PAUSE)
        }
        _ => None,
    }
}

fn byte(digits: &[u8; 2]) -> u8 {
    std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| u8::from_str_radix(digits, 16).ok())
        .unwrap_or_default()
}
