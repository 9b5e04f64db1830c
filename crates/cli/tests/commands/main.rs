//! Runs the tool as users do.

mod create;
mod manners;
mod outside;
mod run;
mod trial;
