//! `cargo proxy-filter check`: loads the configurations in files into their filters.

mod modules;
mod walk;

use std::path::{Path, PathBuf};

use anyhow::Result;
use proxy_filter_envoy::Chain;
use proxy_filter_envoy::deployed::{Allowed, DeployedPlugin};

use crate::project::Project;
use crate::say;
use crate::terminal::{Color, Style, styled};
use crate::trial::{Configuration, Diagnostic, Source};
use modules::Modules;

/// Checks files, and directories of them. `filter` is that of configurations of which the file does not tell. Prints a line
/// for each configuration. Returns whether all are right.
///
/// # Errors
/// A directory cannot be read, or a filter does not build.
pub fn run(project: &Project, files: &[PathBuf], filter: Option<&str>, color: Color) -> Result<bool> {
    let filter = filter.map(|name| project.filter(name)).transpose()?.map(|filter| filter.name.as_str());
    let mut check = Check { modules: Modules::new(project), project, filter, color, is_right: true };
    for path in files {
        match path.is_dir() {
            true => check.directory(path)?,
            false => check.file(path)?,
        }
    }
    Ok(check.is_right)
}

struct Check<'a> {
    project: &'a Project,
    modules: Modules<'a>,
    filter: Option<&'a str>,
    color: Color,
    is_right: bool,
}

impl<'a> Check<'a> {
    /// Checks a file, which must configure a filter.
    fn file(&mut self, path: &Path) -> Result<()> {
        if let Some(source) = self.read(path)
            && !self.source(&source, true)?
        {
            self.wrong(&format!("{}: {}", source.name, self.nothing(&source)));
        }
        Ok(())
    }

    fn read(&mut self, path: &Path) -> Option<Source> {
        let read = Source::read_file(path);
        read.inspect_err(|error| self.wrong(&format!("{error:#}"))).ok()
    }

    /// Checks the files of a directory that configure a filter.
    fn directory(&mut self, directory: &Path) -> Result<()> {
        let mut is_any = false;
        for path in walk::files(directory)? {
            is_any |= match self.read(&path) {
                Some(source) => self.source(&source, false)?,
                None => true,
            };
        }
        if !is_any {
            self.wrong(&format!(
                "{}: no file in it configures a filter of this project",
                directory.display()
            ));
        }
        Ok(())
    }

    /// Checks all configurations in a file. Returns whether there are any. What is not YAML is a mistake if the user named the
    /// file or its filter, or if it has to do with Wasm, as all files with plugins do.
    fn source(&mut self, source: &Source, is_named: bool) -> Result<bool> {
        let plugins = match source.plugins() {
            Ok(plugins) => plugins,
            // A configuration as JSON, which the filter judges.
            Err(_) if self.filter.is_some() && source.text.trim_start().starts_with('{') => Vec::new(),
            Err(diagnostic) => {
                let is_ours =
                    is_named || self.filter.is_some() || source.text.to_lowercase().contains("wasm");
                if is_ours {
                    self.wrong(&diagnostic.to_string());
                }
                return Ok(is_ours);
            }
        };
        if plugins.is_empty() {
            return match self.filter {
                Some(filter) if !source.is_deployed() => {
                    self.configuration(source.whole(), filter).map(|()| true)
                }
                _ => Ok(false),
            };
        }
        let names: Vec<_> = self.project.filter_names().collect();
        let mut is_any = false;
        for plugin in plugins {
            let nearly = plugin.nearly(&names);
            match (plugin.filter(&names), nearly, self.filter) {
                (Some(filter), ..) | (None, None, Some(filter)) => self.plugin(source, plugin, filter)?,
                (None, Some((name, filter)), _) => {
                    let message = format!("`{name}` is no filter of this project: did you mean `{filter}`?");
                    self.wrong(&source.diagnostic(plugin.start, &message).to_string());
                }
                (None, None, None) => {
                    let name = plugin.title().unwrap_or("without a name");
                    say!("{}:{}: other plugin: {name}", source.name, plugin.start.line);
                    continue;
                }
            }
            is_any = true;
        }
        Ok(is_any)
    }

    fn plugin(&mut self, source: &Source, plugin: DeployedPlugin, filter: &'a str) -> Result<()> {
        let mut mistakes: Vec<_> = plugin
            .mistakes
            .iter()
            .map(|mistake| source.diagnostic(mistake.position, &mistake.message))
            .collect();
        mistakes.extend(self.wrong_chain(source, &plugin, filter)?);
        mistakes.extend(self.denied(source, &plugin, filter)?);
        if mistakes.is_empty() {
            return self.configuration(source.of_plugin(plugin), filter);
        }
        mistakes.into_iter().for_each(|diagnostic| self.wrong_filter(filter, diagnostic));
        Ok(())
    }

    /// Returns what is wrong if a plugin is among filters of the other kind.
    fn wrong_chain(
        &mut self,
        source: &Source,
        plugin: &DeployedPlugin,
        filter: &'a str,
    ) -> Result<Option<Diagnostic>> {
        let (is_http, found) = (self.modules.is_http(filter)?, plugin.chain);
        let message = match (is_http, found) {
            (true, Some(Chain::Tcp)) => {
                "this is an HTTP filter in a network filter chain: use envoy.filters.http.wasm, or `type: HTTP` in Istio"
            }
            (false, Some(Chain::Http)) => {
                "this is a network filter in an HTTP filter chain: use envoy.filters.network.wasm, or `type: NETWORK` in Istio"
            }
            _ => return Ok(None),
        };
        Ok(Some(source.diagnostic(plugin.start, message)))
    }

    /// Returns what is wrong if Envoy denies a module something that it needs, or would not call a callback, of which it says
    /// nothing.
    fn denied(
        &mut self,
        source: &Source,
        plugin: &DeployedPlugin,
        filter: &'a str,
    ) -> Result<Option<Diagnostic>> {
        let Some(Allowed { names, start }) = &plugin.allowed else { return Ok(None) };
        if names.is_empty() {
            let message = "an empty list allows the module everything: `cargo proxy-filter capabilities FILE.wasm` prints what it \
                           needs";
            return Ok(Some(source.diagnostic(*start, message)));
        }
        let needs = self.modules.needs(filter)?;
        let denied: Vec<_> = needs.names().filter(|need| !names.iter().any(|name| name == need)).collect();
        let message = format!(
            "the module needs {}, which Envoy does not allow it here: `cargo proxy-filter capabilities FILE.wasm` prints \
             everything that it needs",
            denied.join(", ")
        );
        Ok((!denied.is_empty()).then(|| source.diagnostic(*start, &message)))
    }

    fn configuration(
        &mut self,
        configuration: Result<Configuration, Diagnostic>,
        filter: &'a str,
    ) -> Result<()> {
        let configuration = match configuration {
            Ok(configuration) => configuration,
            Err(diagnostic) => {
                self.wrong_filter(filter, diagnostic);
                return Ok(());
            }
        };
        match self.modules.refusal(filter, &configuration.bytes)? {
            Some(refusal) => self.wrong_filter(filter, configuration.diagnose(&refusal)),
            None => {
                let ok = styled("ok", Style::Green, self.color.on_output());
                say!("{}: {filter}: {ok}", configuration.start());
            }
        }
        Ok(())
    }

    fn wrong_filter(&mut self, filter: &str, diagnostic: Diagnostic) {
        let message = format!("{filter}: {}", diagnostic.message);
        self.wrong(&Diagnostic { message, ..diagnostic }.to_string());
    }

    fn wrong(&mut self, message: &str) {
        self.is_right = false;
        say!("{}", styled(message, Style::Red, self.color.on_output()));
    }

    /// Says why there is nothing to check in a file.
    fn nothing(&self, source: &Source) -> String {
        let names = self.project.filter_names().collect::<Vec<_>>().join(", ");
        match source.is_deployed() {
            true => format!(
                "no plugin of this project's filters ({names}), or none that names its filter: name it with `-p`"
            ),
            false => {
                format!("no plugin: if this is a filter's configuration, name the filter with `-p`: {names}")
            }
        }
    }
}
