//! The macros that declare tests.

/// Declares tests that run in three proxies. See the [crate's documentation](crate).
#[macro_export]
macro_rules! filter_test {
    (http $filter:ty => $module:expr; $($tests:tt)+) => {
        $crate::filter_test!(@each $crate::NativeHttp<$filter>, $crate::Chain::Http, $module; $($tests)+);
    };
    (tcp $filter:ty => $module:expr; $($tests:tt)+) => {
        $crate::filter_test!(@each $crate::NativeTcp<$filter>, $crate::Chain::Tcp, $module; $($tests)+);
    };
    (@each $guest:ty, $chain:expr, $module:expr; $(fn $name:ident($proxy:ident) $body:block)+) => {
        $(mod $name {
            use super::*;

            const PACKAGE: $crate::Package =
                $crate::Package { name: env!("CARGO_PKG_NAME"), directory: env!("CARGO_MANIFEST_DIR") };

            fn scenario($proxy: &$crate::Proxy) $body

            #[test]
            fn native() {
                $crate::natively(<$guest>::default, scenario);
            }

            #[test]
            fn wasm() {
                $crate::in_wasm($module, PACKAGE, scenario);
            }

            $crate::envoy_test! {
                fn envoy() {
                    $crate::in_envoy(concat!(module_path!(), "::envoy"), $module, PACKAGE, $chain, scenario);
                }
            }
        })+
    };
}

/// Declares a test that needs Envoy. If there was no Envoy when the test was compiled, the test is ignored, except in CI.
#[cfg(not(envoy_is_missing))]
#[macro_export]
macro_rules! envoy_test {
    ($test:item) => {
        #[test]
        $test
    };
}

/// Declares a test that needs Envoy. If there was no Envoy when the test was compiled, the test is ignored, except in CI.
#[cfg(envoy_is_missing)]
#[macro_export]
macro_rules! envoy_test {
    ($test:item) => {
        #[test]
        #[ignore = "Envoy is missing: run `cargo proxy-filter test`, or set ENVOY to its path"]
        $test
    };
}
