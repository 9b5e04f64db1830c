//! A module that makes every hostcall in every phase, with valid and invalid arguments, and logs each answer as
//! `row <phase> | <call> | <answer>`.
//!
//! It calls the ABI directly, so that neither proxy-wasm nor `proxy-filter` can hide what a host does. The tests compare
//! its rows in a real Envoy with those in the model.
#![cfg(target_arch = "wasm32")]

mod answer;
mod callouts;
mod calls;
mod commands;
mod exports;
mod hostcalls;
mod imports;
mod row;
