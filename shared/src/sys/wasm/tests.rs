//! Runs every wrapper in Miri, with a host that reads what the wrapper passes and allocates what it returns, as
//! `proxy_on_memory_allocate` does. Only Miri links foreign functions with the functions of a test.

use std::cell::{Cell, RefCell};
use std::slice;

use super::*;

const VALUE: &[u8] = b"a value";

/// What the host answers to any call.
#[derive(Clone, Copy)]
enum Answer {
    Status(u32),
    /// Success with a null pointer.
    Nothing,
    Value(&'static [u8]),
}

thread_local! {
    static ANSWER: Cell<Answer> = const { Cell::new(Answer::Nothing) };
    /// The bytes of each argument of the last call.
    static ARGUMENTS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Hands the answer's bytes over, as a leaked box of their size.
///
/// # Safety
/// Both pointers can be written.
unsafe fn answer_bytes(data: *mut *mut u8, size: *mut usize) -> u32 {
    match ANSWER.get() {
        Answer::Status(status) => return status,
        Answer::Nothing => {}
        Answer::Value(bytes) => {
            let allocated = Box::into_raw(Box::<[u8]>::from(bytes));
            // SAFETY: the caller's promise.
            unsafe {
                data.write(allocated.cast());
                size.write(bytes.len());
            }
        }
    }
    0
}

fn status() -> u32 {
    match ANSWER.get() {
        Answer::Status(status) => status,
        Answer::Nothing | Answer::Value(_) => 0,
    }
}

macro_rules! hosts {
    ($(module $module:literal; $($(#[$doc:meta])+ $import:ident = $name:ident($($arg:ident: $type:ident),*) -> $result:ident;)+)+) => {
        $($(host! { $import [$($arg: $type,)*] -> $result, () () })+)+
    };
}

/// Defines the function that an import calls. Like `import!`, each step moves one argument into two lists: the function's
/// parameters, and the bytes that they pass.
macro_rules! host {
    ($import:ident [$arg:ident: bytes, $($rest:tt)*] -> $result:ident, ($($parameter:tt)*) ($($read:tt)*)) => {
        host! { $import [$($rest)*] -> $result, ($($parameter)* $arg: *const u8, size: usize,)
            ($($read)* unsafe { slice::from_raw_parts($arg, size) }.to_vec(),) }
    };
    ($import:ident [$arg:ident: $type:ident, $($rest:tt)*] -> $result:ident, ($($parameter:tt)*) ($($read:tt)*)) => {
        host! { $import [$($rest)*] -> $result, ($($parameter)* $arg: <$type as Number>::Raw,)
            ($($read)* $arg.to_ne_bytes().to_vec(),) }
    };
    ($import:ident [] -> nothing, ($($parameter:tt)*) ($($read:tt)*)) => {
        host! { @define $import ($($parameter)*) ($($read)*) status() }
    };
    ($import:ident [] -> bytes, ($($parameter:tt)*) ($($read:tt)*)) => {
        host! { @define $import ($($parameter)* data: *mut *mut u8, size: *mut usize) ($($read)*)
            unsafe { answer_bytes(data, size) } }
    };
    ($import:ident [] -> shared_value, ($($parameter:tt)*) ($($read:tt)*)) => {
        host! { @define $import ($($parameter)* data: *mut *mut u8, size: *mut usize, cas: *mut u32) ($($read)*)
            unsafe { cas.write(7); answer_bytes(data, size) } }
    };
    ($import:ident [] -> $result:ident, ($($parameter:tt)*) ($($read:tt)*)) => {
        host! { @define $import ($($parameter)* result: *mut <$result as Number>::Raw) ($($read)*)
            unsafe { result.write(2); status() } }
    };
    (@define $import:ident ($($parameter:tt)*) ($($read:tt)*) $answer:expr) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $import($($parameter)*) -> u32 {
            ARGUMENTS.set(vec![$($read)*]);
            $answer
        }
    };
}

crate::__hostcalls!(hosts);

/// An argument, and the bytes that the host has to see.
macro_rules! sample {
    (bytes) => {
        b"\0bytes\xff".as_slice()
    };
    ($number:ident) => {
        $number::from_raw(1).unwrap()
    };
}

macro_rules! seen {
    (bytes) => {
        sample!(bytes).to_vec()
    };
    ($number:ident) => {
        sample!($number).to_raw().to_ne_bytes().to_vec()
    };
}

/// What a call has to return for the host's answer.
macro_rules! expected {
    (nothing, $answer:expr) => {
        ()
    };
    (bytes, $answer:expr) => {
        $answer.unwrap_or_default()
    };
    (shared_value, $answer:expr) => {
        SharedValue { value: $answer, cas: 7 }
    };
    ($number:ident, $answer:expr) => {
        $number::from_raw(2).unwrap()
    };
}

macro_rules! checks {
    ($(module $module:literal; $($(#[$doc:meta])+ $import:ident = $name:ident($($arg:ident: $type:ident),*) -> $result:ident;)+)+) => {
        /// Calls every import, and compares what the host saw and what the wrapper returned.
        #[allow(unused_variables, reason = "a call that returns no bytes ignores them")]
        fn check(answer: Answer) {
            ANSWER.set(answer);
            $($({
                let result = $name($(sample!($type)),*);
                let arguments: Vec<Vec<u8>> = vec![$(seen!($type)),*];
                assert_eq!(ARGUMENTS.take(), arguments, stringify!($import));
                match answer {
                    Answer::Status(status) => assert_eq!(result.err(), HostError::from_status(status), stringify!($import)),
                    Answer::Nothing => assert_eq!(result, Ok(expected!($result, None::<Vec<u8>>)), stringify!($import)),
                    Answer::Value(bytes) => {
                        assert_eq!(result, Ok(expected!($result, Some(bytes.to_vec()))), stringify!($import));
                    }
                }
            })+)+
        }
    };
}

crate::__hostcalls!(checks);

#[test]
fn every_import_passes_its_arguments_and_owns_what_it_returns() {
    for answer in [Answer::Nothing, Answer::Value(b""), Answer::Value(VALUE)] {
        check(answer);
    }
    // Some of the ABI, and one that no host returns.
    for status in [1, 2, 8, u32::MAX] {
        check(Answer::Status(status));
    }
}
