//! A module that makes every hostcall in every phase, with good and bad arguments, and logs what each
//! answered: a row a line, `row <phase> | <call> | <answer>`.
//!
//! It uses nothing but the ABI, whose imports it declares by hand, so that neither proxy-wasm nor the layer
//! can hide what a host does. The tests beside it compare its rows in a real
//! Envoy with those in the model.
#![cfg(target_arch = "wasm32")]

mod calls;
mod calls_out;
mod deeds;
mod exports;
mod hostcalls;
mod imports;
mod row;
