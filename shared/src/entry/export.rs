//! The exports of a module.

/// Expands to the module's `_initialize`, and to the custom section that tells the build which callbacks to
/// keep. Natively, nothing is exported: tests call the filter through [`entry`](crate::entry).
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($register:ident::<$filter:ty>, $($exports:expr),+) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            $crate::entry::wasm::proxy_wasm::main! {{ $crate::entry::wasm::$register::<$filter>(); }}

            const EXPORTS: &str = ::core::concat!($($exports),+);
            #[used]
            // SAFETY: a custom section holds bytes that are never executed, and only the layer uses this
            // name.
            #[unsafe(link_section = "proxy-filter.exports")]
            static SECTION: [u8; EXPORTS.len()] = {
                let mut bytes = [0; EXPORTS.len()];
                bytes.copy_from_slice(EXPORTS.as_bytes());
                bytes
            };
        };
    };
}
