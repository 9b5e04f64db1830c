//! `capabilities`.

use harness::parts;

use crate::run::here;

#[test]
fn a_modules_capabilities_are_printed_for_envoys_configuration() {
    let module = parts::filter("tcp-prepend").display().to_string();
    let printed = here(&["capabilities", &module]).output();
    let first: Vec<_> = printed.lines().take(2).collect();
    assert_eq!(first, ["capability_restriction_config:", "  allowed_capabilities:"]);
    for name in ["proxy_on_downstream_data", "proxy_set_buffer_bytes", "fd_write"] {
        assert!(printed.contains(&format!("{name}: {{}}")), "{printed}");
    }
    // Hosts call these whatever they allow, or do not call them.
    for name in ["proxy_on_memory_allocate", "proxy_on_request_headers", "_initialize"] {
        assert!(!printed.contains(name), "{printed}");
    }
    here(&["capabilities", "Cargo.toml"]).fails(1, "error: Cargo.toml is not a module");
    here(&["capabilities", "missing.wasm"]).fails(1, "error: cannot read missing.wasm");
}

#[test]
fn an_envoy_without_wasm_is_not_fetched() {
    here(&["test", "-p", "tcp-prepend", "--envoy-version", "1.38.3"])
        .fails(1, "PyPI's Envoy 1.38.3 was compiled without Wasm");
}
