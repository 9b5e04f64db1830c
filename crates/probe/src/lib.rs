//! A module that makes every hostcall in every phase, with good and bad arguments, and logs what each
//! answered: a row a line, `row <phase> | <call> | <answer>`.
//!
//! It stands on nothing but the ABI, whose imports it declares as the layer does, so that neither
//! proxy-wasm nor the layer can hide what a host does. The tests beside it compare its rows in a real
//! Envoy with those in the model.
#![cfg(target_arch = "wasm32")]

mod calls;
mod calls_out;
mod deeds;
mod exports;
mod hostcalls;
#[expect(dead_code, reason = "the one of WASI is the layer's alone")]
#[path = "../../../shared/src/sys/wasm/imports.rs"]
mod imports;
mod row;
