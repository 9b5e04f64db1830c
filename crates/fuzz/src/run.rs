//! Runs whole filters, natively and without logs.

use proxy_filter::entry::{HttpEntry, TcpEntry};
use proxy_filter::sys::LogLevel;
use proxy_model::{Guest, NativeHttp, NativeTcp, Plugin, Proxy};
use serde_json::Value;

/// Loads an HTTP filter into a proxy with one worker. `None` if the filter refuses the configuration.
pub fn http<F: HttpEntry + 'static>(configuration: &Value) -> Option<(Proxy, Plugin)> {
    load(NativeHttp::<F>::default, configuration)
}

/// Loads a TCP filter into a proxy with one worker. `None` if the filter refuses the configuration.
pub fn tcp<F: TcpEntry + 'static>(configuration: &Value) -> Option<(Proxy, Plugin)> {
    load(NativeTcp::<F>::default, configuration)
}

/// Loads a filter into a proxy with one worker. `None` if the filter refuses the configuration.
pub fn load<G: Guest + 'static>(guest: impl Fn() -> G, configuration: &Value) -> Option<(Proxy, Plugin)> {
    let proxy = Proxy::new(1, guest);
    proxy.set_log_level(LogLevel::Critical);
    let plugin = proxy.load(configuration.to_string(), "plugin").ok()?;
    Some((proxy, plugin))
}

/// Fails if a message had another length than its header says.
///
/// # Panics
/// It had. A filter's own panic has ended the process before.
pub fn assert_framed(proxy: &Proxy) {
    let critical = proxy.logs().into_iter().find(|line| line.starts_with("Critical"));
    assert_eq!(critical, None);
}
