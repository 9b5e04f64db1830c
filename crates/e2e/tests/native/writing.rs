//! Random rules that write a header, as add-header and Envoy's `HeaderValueOption` express them.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::subject::any;

/// Our actions, and Envoy's.
const ACTIONS: [(&str, &str); 4] = [
    ("append", "APPEND_IF_EXISTS_OR_ADD"),
    ("set", "OVERWRITE_IF_EXISTS_OR_ADD"),
    ("set_if_absent", "ADD_IF_ABSENT"),
    ("replace", "OVERWRITE_IF_EXISTS"),
];

/// Draws a rule that writes a header, ours and Envoy's. Its value has commands that read these headers.
pub(crate) fn writing(
    random: &mut Rng,
    name: &str,
    read: &[&'static str],
    of_response: bool,
) -> (Value, Value) {
    let (action, native_action) = any(random, ACTIONS);
    let Template { text, default } = template(random, read, of_response);
    let mut ours = json!({"action": action, "name": name, "value": text});
    let mut native = json!({"header": {"key": name, "value": text}, "append_action": native_action});
    if let Some(default) = default {
        ours["default"] = default.into();
        native["keep_empty_value"] = true.into();
    }
    (ours, native)
}

/// A value with commands.
struct Template {
    text: String,
    /// What our filter takes for a command without a value. Envoy takes nothing, and keeps the value if it must be kept when
    /// empty.
    default: Option<&'static str>,
}

/// Draws a value with commands that read these headers.
fn template(random: &mut Rng, read: &[&'static str], of_response: bool) -> Template {
    match random.u8(..6) {
        // Without a value, both leave out the whole header.
        0 => Template { text: command(random, read, of_response), default: None },
        1 | 2 => {
            let parts = random.usize(1..4);
            let text = (0..parts)
                .map(|_| match random.bool() {
                    true => command(random, read, of_response),
                    false => any(random, ["-", "100%%", "a b", "é", "<", ";", "\u{1f34c}"]).to_owned(),
                })
                .collect::<String>();
            // A default needs a command.
            let default = text.replace("%%", "").contains('%').then_some("");
            Template { text, default }
        }
        _ => {
            let literals =
                ["1", "two words", "a, b", "é", "text/plain; charset=utf-8", "x=1; y=2", "a\tb", "\"q\\\""];
            Template { text: any(random, literals).to_owned(), default: None }
        }
    }
}

fn command(random: &mut Rng, read: &[&'static str], of_response: bool) -> String {
    let mut name = || random.choice(read.iter().copied()).unwrap_or_default();
    let (one, other) = (name(), name());
    let length = if random.u8(..3) == 0 { format!(":{}", random.u8(1..6)) } else { String::new() };
    match random.u8(..12) {
        0..4 => format!("%REQ({one}){length}%"),
        4 | 5 => format!("%REQ({one}?{other}){length}%"),
        6 => format!("%REQ(:authority){length}%%REQ(:path)%"),
        7 => format!("%REQ(:method){length}%"),
        8 => "%PROTOCOL%".to_owned(),
        9 if of_response => "%RESPONSE_CODE%".to_owned(),
        9 => "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%".to_owned(),
        10 if of_response => format!("%RESP({one}?{other}){length}%"),
        10 => "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%".to_owned(),
        _ => format!("%REQ({one}?:path){length}%"),
    }
}
