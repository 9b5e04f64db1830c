//! The effects of add-header-edit on requests and responses: those of add-header, and edits.

extern crate add_header_edit as add_header;

#[path = "../../../add-header/tests/behaviour.rs"]
mod as_add_header;
mod bounds;
mod cost;
mod edits;
