//! The exports of a module.

/// Writes the module's `_initialize`, and the custom section from which the build learns which callbacks to
/// keep. Natively nothing is exported: tests call the filter through [`entry`](crate::entry).
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($register:ident::<$filter:ty>, $($exports:expr),+) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            $crate::entry::wasm::proxy_wasm::main! {{ $crate::entry::wasm::$register::<$filter>(); }}

            const EXPORTS: &str = ::core::concat!($($exports),+);
            #[used]
            // SAFETY: a custom section holds bytes, which nothing runs; its name is the layer's own.
            #[unsafe(link_section = "proxy-filter.exports")]
            static SECTION: [u8; EXPORTS.len()] = {
                let mut bytes = [0; EXPORTS.len()];
                bytes.copy_from_slice(EXPORTS.as_bytes());
                bytes
            };
        };
    };
}
