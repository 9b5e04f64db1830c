//! Runs whole filters, natively and without logs.

use proxy_filter::entry::{HttpEntry, TcpEntry};
use proxy_filter::sys::LogLevel;
use proxy_model::{Guest, NativeHttp, NativeTcp, Plugin, Proxy};
use serde_json::Value;

/// Loads an HTTP filter into a proxy with one worker.
///
/// # Errors
/// The filter refuses the configuration: the line that it logged.
pub fn http<F: HttpEntry + 'static>(configuration: &Value) -> Result<(Proxy, Plugin), String> {
    load(NativeHttp::<F>::default, configuration)
}

/// Loads a TCP filter into a proxy with one worker.
///
/// # Errors
/// The filter refuses the configuration: the line that it logged.
pub fn tcp<F: TcpEntry + 'static>(configuration: &Value) -> Result<(Proxy, Plugin), String> {
    load(NativeTcp::<F>::default, configuration)
}

/// Loads a filter into a proxy with one worker.
///
/// # Errors
/// The filter refuses the configuration: the line that it logged.
pub fn load<G: Guest + 'static>(
    guest: impl Fn() -> G,
    configuration: &Value,
) -> Result<(Proxy, Plugin), String> {
    let proxy = Proxy::new(1, guest);
    proxy.set_log_level(LogLevel::Error);
    let plugin = proxy.load(configuration.to_string(), "plugin")?;
    Ok((proxy, plugin))
}

/// Checks why a filter refuses a configuration.
///
/// # Panics
/// It does not say one of these reasons.
pub fn assert_refused(line: &str, reasons: &[&str]) {
    assert!(reasons.iter().any(|reason| line.contains(reason)), "refused: {line}");
}

/// Fails if a message had another length than its header says.
///
/// # Panics
/// It had. A filter's own panic has ended the process before.
pub fn assert_framed(proxy: &Proxy) {
    let critical = proxy.logs().into_iter().find(|line| line.starts_with("Critical"));
    assert_eq!(critical, None);
}
