//! Colors on a terminal.

use std::fmt;
use std::io::IsTerminal;

/// When to use colors. `Auto` uses them on a terminal, unless the variable `NO_COLOR` is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// Shows the value as it is written on the command line.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        })
    }
}

/// A color, or a weight.
#[derive(Clone, Copy, Debug)]
pub enum Style {
    /// A heading.
    Bold,
    /// What a filter removed, and errors.
    Red,
    /// What a filter added.
    Green,
}

impl Color {
    /// Returns whether to use colors on standard output.
    pub fn on_output(self) -> bool {
        self.is_on(std::io::stdout().is_terminal())
    }

    /// Returns whether to use colors on standard error.
    pub fn on_errors(self) -> bool {
        self.is_on(std::io::stderr().is_terminal())
    }

    fn is_on(self, is_terminal: bool) -> bool {
        let no_color = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && !no_color(),
        }
    }
}

/// Returns a text in a style, if colors are on.
pub fn styled(text: &str, style: Style, is_on: bool) -> String {
    let code = match style {
        Style::Bold => 1,
        Style::Red => 31,
        Style::Green => 32,
    };
    match is_on {
        true => format!("\x1b[{code}m{text}\x1b[0m"),
        false => text.to_owned(),
    }
}
