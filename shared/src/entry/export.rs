//! The exports of a module.

/// Expands to the module's `_initialize`, and to the custom section that tells the build which callbacks to
/// keep. Natively, nothing is exported: tests call the filter through [`entry`](crate::entry).
#[cfg(not(feature = "host"))]
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

/// In a proxy that is itself a module, a filter's callbacks are not exported either.
#[cfg(feature = "host")]
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($register:ident::<$filter:ty>, $($exports:expr),+) => {};
}

/// Expands to the configuration of a filter that registers `Specialize`, and, in a module, to the exports that
/// `cargo proxy-filter specialize` calls.
#[doc(hidden)]
#[macro_export]
macro_rules! __specialize {
    ($filter:ty, $Entry:ident) => {
        fn configured(
            configuration: &[::core::primitive::u8],
        ) -> ::core::result::Result<Self, $crate::config::ConfigError> {
            ::std::thread_local! {
                static PRESET: $crate::entry::Preset<$filter> = const { $crate::entry::Preset::empty() };
            }

            // Exported and not inlined, so that the tool finds the function and can empty it.
            // SAFETY: no other function has a name with this prefix.
            #[cfg_attr(target_arch = "wasm32", unsafe(no_mangle))]
            #[inline(never)]
            fn proxy_filter_plan(
                configuration: &[::core::primitive::u8],
            ) -> ::core::result::Result<
                ::std::rc::Rc<<$filter as $crate::specialize::Specialize>::Plan>,
                $crate::config::ConfigError,
            > {
                $crate::entry::plan::<$filter>(configuration)
            }

            #[cfg(target_arch = "wasm32")]
            const _: () = {
                // SAFETY: no other function has a name with this prefix.
                #[unsafe(no_mangle)]
                extern "C" fn proxy_filter_specialize(
                    size: ::core::primitive::usize,
                ) -> ::core::primitive::u32 {
                    let registered = <$filter as $crate::entry::$Entry>::PHASES;
                    PRESET.with(|preset| preset.specialize(size, registered, proxy_filter_plan))
                }
                // SAFETY: no other function has a name with this prefix.
                #[unsafe(no_mangle)]
                extern "C" fn proxy_filter_scrub() {
                    $crate::entry::wasm::scrub();
                }
            };

            PRESET.with(|preset| preset.configure(configuration, proxy_filter_plan))
        }
    };
}
