//! Runs the tool as users do.

#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise, in what they share as well")]

mod capabilities;
mod check;
mod cookbook;
mod create;
mod manners;
mod mistakes;
mod outside;
mod readme;
mod run;
mod transcripts;
mod trial;
mod watched;
