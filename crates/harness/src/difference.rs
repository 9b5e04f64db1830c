//! What differs between versions of Envoy, as tests that expect it report it.

/// How the line begins. `just test-matrix` counts such lines.
pub const DIFFERS: &str = "differs in this Envoy: ";

/// Reports a difference that a test has seen, and expects in this Envoy.
pub fn report(what: &str) {
    println!("{DIFFERS}{what}");
}
