//! Prints results on standard output.

use std::fmt;
use std::io::{ErrorKind, Write};
use std::process::exit;

/// Prints a line. Unlike `println!`, does not panic if nobody reads on, as after `| head -1`.
#[macro_export]
macro_rules! say {
    ($($line:tt)*) => {
        $crate::say::print_line(::core::format_args!($($line)*))
    };
}

/// Prints a line. Ends the program as [`print()`] does.
pub fn print_line(line: fmt::Arguments<'_>) {
    print(format!("{line}\n").as_bytes());
}

/// Prints bytes. Ends the program if that is impossible: without an error if the reader has left.
pub fn print(bytes: &[u8]) {
    let mut output = std::io::stdout();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit(0),
        Err(error) => {
            eprintln!("error: cannot write to standard output: {error}");
            exit(1)
        }
    }
}
