//! What a specialized module must not contain: secrets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that panics fails"
)]

use std::fs;

use harness::parts;
use proxy_filter_specialize::Specializer;
use wasmtime::{Caller, Engine, Extern, Linker, Module, Store, Val};

const CONFIGURATION: &str = r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 1, "period": "1m"}]}"#;

/// Where rate-limit keeps its seed in shared data.
const KEY: &[u8] = b"rate-limit seed 1";

/// The host's source of random numbers, and the seed that the filter made of them.
struct Host {
    random: u8,
    seed: Option<Vec<u8>>,
}

/// Loads the module in a process of its own: shared data is empty. Returns the seed that it writes.
fn seed(wasm: &[u8], random: u8) -> Vec<u8> {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).unwrap();
    let mut linker = Linker::<Host>::new(&engine);
    for import in module.imports() {
        let kind = import.ty().func().unwrap().clone();
        // NotFound, or a success without a value.
        let status = if import.name().starts_with("proxy_get_shared") { 1 } else { 0 };
        let succeed = move |_: Caller<'_, Host>, _: &[Val], results: &mut [Val]| {
            results.iter_mut().for_each(|result| *result = Val::I32(status));
            Ok(())
        };
        linker.func_new(import.module(), import.name(), kind, succeed).unwrap();
    }
    linker.allow_shadowing(true);
    let bytes = |caller: &mut Caller<'_, Host>, start: u32, size: u32| {
        let memory = caller.get_export("memory").and_then(Extern::into_memory).unwrap();
        memory.data(caller)[start as usize..][..size as usize].to_vec()
    };
    linker
        .func_wrap(
            "wasi_snapshot_preview1",
            "random_get",
            |mut caller: Caller<'_, Host>, to: u32, size: u32| {
                let memory = caller.get_export("memory").and_then(Extern::into_memory).unwrap();
                let random = vec![caller.data().random; size as usize];
                memory.write(&mut caller, to as usize, &random).unwrap();
                0
            },
        )
        .unwrap();
    linker
        .func_wrap(
            "env",
            "proxy_set_shared_data",
            move |mut caller: Caller<'_, Host>, key: u32, key_size: u32, value: u32, size: u32, _: u32| {
                if bytes(&mut caller, key, key_size) == KEY {
                    caller.data_mut().seed = Some(bytes(&mut caller, value, size));
                }
                0
            },
        )
        .unwrap();
    let mut store = Store::new(&engine, Host { random, seed: None });
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let mut call = |name: &str, arguments: &[u32]| {
        let function = instance.get_func(&mut store, name).unwrap();
        let arguments: Vec<_> = arguments.iter().map(|it| Val::I32(it.cast_signed())).collect();
        let mut results = vec![Val::I32(0); function.ty(&store).results().len()];
        function.call(&mut store, &arguments, &mut results).unwrap();
        results.first().and_then(Val::i32)
    };
    call("_initialize", &[]);
    call("proxy_on_context_create", &[1, 0]);
    assert_eq!(call("proxy_on_configure", &[1, 0]), Some(1));
    store.into_data().seed.expect("rate-limit writes a seed")
}

#[test]
fn two_instances_of_one_module_draw_different_seeds() {
    let linked = fs::read(parts::linked("rate-limit")).expect("run `just build`");
    let module = Specializer::new(linked).unwrap().specialize(CONFIGURATION.as_bytes()).unwrap();
    assert_ne!(seed(&module, 1), seed(&module, 2));
    assert_eq!(seed(&module, 3), seed(&module, 3), "the seed depends on the host's random numbers alone");
}
