//! Values of every type, alone and in lists.

use super::super::from_json;
use super::*;

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Color {
    Red,
    Blue,
}

#[derive(Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    numbers: Option<OneOrMany<f64>>,
    counts: Option<OneOrMany<i8>>,
    flags: Option<OneOrMany<bool>>,
    colors: Option<OneOrMany<Color>>,
    inner: Option<OneOrMany<Box<Config>>>,
    units: Option<Texts<Unit>>,
}

#[derive(Debug, PartialEq)]
struct Unit(char);

impl TryFrom<String> for Unit {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        match text.chars().next() {
            Some(unit) if text.len() == 1 => Ok(Self(unit)),
            _ => Err(Invalid::new(format_args!("`{text}` is not a unit"))),
        }
    }
}

fn config(json: &str) -> Config {
    from_json(json.as_bytes()).unwrap()
}

#[test]
fn one_value_is_a_list_of_one() {
    let config = config(
        r#"{"numbers": 1.5, "counts": -7, "flags": true, "colors": "blue", "inner": {"counts": [1, 2]}, "units": "s"}"#,
    );
    assert_eq!(config.numbers.unwrap().into_vec(), [1.5]);
    assert_eq!(config.counts.unwrap().into_vec(), [-7]);
    assert_eq!(config.flags.unwrap().into_vec(), [true]);
    assert_eq!(config.colors.unwrap().into_vec(), [Color::Blue]);
    assert_eq!(config.units.unwrap().0, [Unit('s')]);
    let inner = config.inner.unwrap().into_vec().pop().unwrap();
    assert_eq!(inner.counts.unwrap().into_vec(), [1, 2]);
}

#[test]
fn lists() {
    let config = config(r#"{"colors": ["red", "blue"], "flags": [], "units": ["s", "m"]}"#);
    assert_eq!(config.colors.unwrap().into_vec(), [Color::Red, Color::Blue]);
    assert_eq!(config.units.unwrap().0, [Unit('s'), Unit('m')]);
    assert!(config.flags.unwrap().into_vec().is_empty());
}

#[test]
fn errors_name_the_item_of_a_list() {
    for (json, expected) in [
        (r#"{"counts": 200}"#, "counts: invalid value: integer `200`, expected i8"),
        (r#"{"counts": [1, 200]}"#, "counts[1]: invalid value: integer `200`, expected i8"),
        (r#"{"counts": {}}"#, "counts: invalid type: object, expected i8"),
        (r#"{"colors": "bleu"}"#, "colors: unknown variant `bleu` (did you mean `blue`?)"),
        (r#"{"colors": true}"#, "colors: invalid type: boolean `true`, expected"),
        (r#"{"units": "ms"}"#, "units: `ms` is not a unit"),
        (r#"{"units": ["s", "ms"]}"#, "units[1]: `ms` is not a unit"),
        (r#"{"units": []}"#, "units: the list is empty: give at least one value"),
        (
            r#"{"units": 1.5}"#,
            "units: invalid type: a number with a fraction or an exponent, expected a string, in quotes",
        ),
        (r#"{"inner": [{"units": "ms"}]}"#, "inner[0].units: `ms` is not a unit"),
    ] {
        let error = from_json::<Config>(json.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{json}: {error}");
    }
}
