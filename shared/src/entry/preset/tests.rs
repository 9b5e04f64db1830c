use std::cell::Cell;

use super::*;
use crate::sys::{Host, HostError, LogLevel, with_host};

/// A filter that remembers its plan.
struct Words(Rc<Vec<String>>);

impl Specialize for Words {
    type Plan = Vec<String>;

    fn plan(configuration: &[u8]) -> Result<Vec<String>, ConfigError> {
        let text = std::str::from_utf8(configuration).map_err(ConfigError::new)?;
        match text.contains('!') {
            true => Err(ConfigError::new("no shouting")),
            false => Ok(text.split_whitespace().map(Into::into).collect()),
        }
    }

    fn start(plan: Rc<Vec<String>>) -> Result<Self, ConfigError> {
        Ok(Self(plan))
    }

    fn needs(plan: &Vec<String>, phase: Phase) -> bool {
        phase != Phase::RequestBody || plan.len() > 1
    }
}

/// A host that passes on a configuration and counts lines of the log.
struct Configured(&'static str, Cell<u32>);

impl Host for Configured {
    fn get_buffer(&self, _: BufferType, _: usize, _: usize) -> Result<Vec<u8>, HostError> {
        Ok(self.0.into())
    }

    fn log(&self, _: LogLevel, message: &[u8]) -> Result<(), HostError> {
        assert_eq!(message, b"configuration refused: no shouting");
        self.1.set(self.1.get().saturating_add(1));
        Ok(())
    }
}

/// Makes a preset for a configuration. Returns it, the needed phases and the number of logged lines.
fn made_for(configuration: &'static str) -> (Preset<Words>, u32, u32) {
    let (preset, host) = (Preset::empty(), Rc::new(Configured(configuration, Cell::new(0))));
    let needed = with_host(host.clone(), || {
        preset.specialize(configuration.len(), &["RequestHeaders", "RequestBody"], plan::<Words>)
    });
    (preset, needed, host.1.get())
}

fn configured(preset: &Preset<Words>, configuration: &[u8]) -> Result<Words, ConfigError> {
    preset.configure(configuration, |_| panic!("a specialized module has no parser"))
}

#[test]
fn an_ordinary_module_takes_any_configuration() {
    let words = Preset::<Words>::empty().configure(b"a b", plan::<Words>).unwrap();
    assert_eq!(*words.0, ["a", "b"]);
}

#[test]
fn plugins_share_the_plan() {
    let (preset, needed, _) = made_for("a b");
    assert!(Phase::RequestBody.is_in(needed) && !Phase::ConnectionEnd.is_in(needed));
    let one = configured(&preset, b"").unwrap();
    let other = configured(&preset, b" a b\n").unwrap();
    assert!(Rc::ptr_eq(&one.0, &other.0));
}

#[test]
fn phases_without_need_are_named() {
    let (_, needed, _) = made_for("a");
    assert!(!Phase::RequestBody.is_in(needed) && Phase::RequestHeaders.is_in(needed));
}

#[test]
fn a_wrong_configuration_is_logged_as_at_load() {
    let (preset, needed, lines) = made_for("a!");
    assert_eq!((needed, lines), (REFUSED, 1));
    assert!(preset.0.borrow().is_none());
}

#[test]
fn white_space_counts_only_in_strings_and_plain_text() {
    for (made, given, same) in [
        (r#"{"a": [1, "b c"]}"#, "\n{\"a\":[1,\r\n\t\"b c\"] }", true),
        (r#"{"a": [1, "b c"]}"#, r#"{"a": [1, "bc"]}"#, false),
        (r#"{"a": "\" b"}"#, r#"{"a": "\"b"}"#, false),
        (r#"{"a": "\\", "b": 1}"#, r#"{"a":"\\","b":1}"#, true),
        (r#"{"a": 10}"#, r#"{"a": 1 0}"#, false),
        (r#"{"a": null}"#, r#"{"a": n ull}"#, false),
        ("{}", "\x0c{}", false),
        ("hello", "\x0chello", false),
        ("a b", "a b\n", true),
        ("a b", "ab", false),
        ("{}", " ", false),
        ("", "{}", false),
    ] {
        assert_eq!(is_same(made.as_bytes(), given.as_bytes()), same, "{made} {given}");
    }
}

#[test]
fn a_refusal_names_the_configuration_and_the_cure() {
    let (preset, ..) = made_for("{\"a\":\n1}");
    let refusal = |configuration: &[u8]| configured(&preset, configuration).err().unwrap().to_string();
    assert_eq!(
        refusal(b"{}"),
        "this module was made for one configuration, `{\"a\":1}`: pass that one, pass none, or make a module for \
         yours with `cargo proxy-filter specialize`"
    );
    let of_struct = refusal(b"\x0a\x0e\x0a\x01a\x12\x09\x11\0\0\0\0\0\0\xf0\x3f");
    assert!(
        of_struct.contains("pass that one as text, in google.protobuf.StringValue, pass none"),
        "{of_struct}"
    );
}
