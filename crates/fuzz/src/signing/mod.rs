//! The tool's readers of what is signed, with another signature: the tool's has a library in C, and an input with a valid one
//! cannot be invented.

#[path = "../../../cli/src/signing/bundle.rs"]
pub mod bundle;
#[path = "../../../cli/src/signing/claim.rs"]
pub mod claim;
#[path = "../../../cli/src/signing/envelope.rs"]
pub mod envelope;
pub mod key;
pub mod public;
#[path = "../../../cli/src/signing/statement.rs"]
pub mod statement;
