//! The filter's imports, as exports of this module.
#![allow(unsafe_code, reason = "exports have names that no other function has")]

use proxy_filter::HostError;
use proxy_filter::sys::{BufferType, LogLevel, MapType, MetricType, Number, SharedValue, StreamType};
use proxy_model::__imports as imports;
use proxy_model::imports::{Hostcall, status};

use crate::guest::Current;

/// Exports an import as `<module>.<import>`.
macro_rules! import {
    ($module:literal, $import:ident($call:ident, $($parameter:tt)*) $body:block) => {
        // SAFETY: the name contains a dot, so no other function has it.
        #[unsafe(export_name = concat!($module, ".", stringify!($import)))]
        extern "C" fn $import($($parameter)*) -> u32 {
            let run = |$call: &mut Current| -> Result<(), HostError> { $body };
            status(run(&mut Current::get()))
        }
    };
}

proxy_filter::__hostcalls!(imports);
