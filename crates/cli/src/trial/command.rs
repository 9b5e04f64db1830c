//! The command `try`, from the arguments to what it prints.

use std::path::PathBuf;

use anyhow::Result;
use proxy_filter_trial::{Mark, Repeat, Service, Traffic, Trial};

use super::diagnostic::Diagnostic;
use super::named::find_configuration;
use super::run::{Runner, run};
use crate::say;
use crate::terminal::{Color, Style, styled};

/// What to try, and how to show it.
#[derive(Debug)]
pub struct TryCommand {
    /// The filter's name.
    pub filter: String,
    /// The names of all filters of the project.
    pub filters: Vec<String>,
    /// The filter's module.
    pub module: PathBuf,
    /// The argument for the configuration: a file or a text.
    pub configuration: String,
    /// The plugin in that file.
    pub plugin: Option<String>,
    /// What to send.
    pub traffic: Traffic,
    /// The services that the filter can call.
    pub services: Vec<Service>,
    /// How often to send it.
    pub repeat: Repeat,
    /// What to run it in.
    pub runner: Runner,
    /// What to print.
    pub format: Format,
    /// When to use colors.
    pub color: Color,
}

/// What to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text for people.
    Text,
    /// The report as a JSON object.
    Json,
}

impl TryCommand {
    /// Runs it and prints the result. Returns whether the filter accepted the configuration and did not panic.
    ///
    /// # Errors
    /// The configuration cannot be read, or the module or Envoy does not run.
    pub fn once(&self) -> Result<bool> {
        let filters: Vec<_> = self.filters.iter().map(String::as_str).collect();
        let configuration =
            find_configuration(&self.configuration, &self.filter, &filters, self.plugin.as_deref())?;
        if configuration.is_part && self.runner == Runner::Envoy {
            eprintln!(
                "note: `--envoy` takes only the plugin's configuration from {}: not its listeners, routes and clusters",
                self.configuration
            );
        }
        let trial = Trial {
            plugin: configuration.plugin.clone().unwrap_or_else(|| self.filter.clone()),
            configuration: configuration.bytes.as_slice().into(),
            traffic: self.traffic.clone(),
            services: self.services.clone(),
            repeat: self.repeat.clone(),
        };
        let report = run(&self.module, &trial, self.runner)?;
        match (self.format, report.refusal()) {
            (Format::Json, _) => say!("{}", serde_json::to_string(&report)?),
            (Format::Text, None) => {
                say!("{}", report.text(&|mark, text| self.paint(mark, text)).trim_end())
            }
            (Format::Text, Some(refusal)) => {
                let line = refusal.as_envoy_logs_it(&self.filter);
                eprintln!("{}", styled(&line, Style::Red, self.color.on_errors()));
                eprintln!("{}", Diagnostic { message: String::new(), ..configuration.diagnose(refusal) });
            }
        }
        Ok(report.is_success())
    }

    fn paint(&self, mark: Mark, text: &str) -> String {
        let style = match mark {
            Mark::Heading => Style::Bold,
            Mark::Removed => Style::Red,
            Mark::Added => Style::Green,
        };
        styled(text, style, self.color.on_output())
    }
}
