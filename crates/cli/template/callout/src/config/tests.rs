//! The schema, and configurations that are refused.

use proxy_filter::Filter;

use super::*;
use crate::MyFilter;

#[test]
fn the_schema_matches_the_configuration() {
    proxy_filter_test::expect_schema::<Config>(env!("CARGO_MANIFEST_DIR"));
}

const WRONG: [&str; 5] = [
    "",
    r#"{"cluster": "auth", "authority": "auth.example", "path": "/user"}"#,
    r#"{"cluster": "auth", "authority": "auth.example", "path": "/user", "header": "x user"}"#,
    r#"{"cluster": "auth", "authority": "auth.example", "path": "user", "header": "x-user"}"#,
    r#"{"cluster": "", "authority": "auth.example", "path": "/user", "header": "x-user"}"#,
];

#[test]
fn errors_name_the_place_and_the_fix() {
    proxy_filter_test::expect_refusals(env!("CARGO_MANIFEST_DIR"), &WRONG, MyFilter::configure);
}
