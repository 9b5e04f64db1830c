//! A file or a text with configurations.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proxy_filter_envoy::deployed::{
    DeployedPlugin, Origin, PlainConfiguration, Position, SyntaxError, is_deployed, plain, plugins, yaml,
};

use super::configuration::Configuration;
use super::diagnostic::Diagnostic;

/// How a text that is not a file is named in messages.
const TEXT: &str = "configuration";

/// Endings of names that are files', even if there is no such file.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// A file or a text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file as the user named it, or a word for a text.
    pub name: String,
    /// The text, or the file's.
    pub text: String,
    /// Whether it is a file.
    pub is_file: bool,
}

impl Source {
    /// Reads the file with this name or, if there is none, takes the name as the text.
    ///
    /// # Errors
    /// The file cannot be read or is not UTF-8.
    pub fn read(argument: &str) -> Result<Self> {
        match file(argument) {
            Some(path) => Self::read_file(&path),
            None => Ok(Self { name: TEXT.into(), text: argument.into(), is_file: false }),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read or is not UTF-8.
    pub fn read_file(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        Ok(Self { name, text, is_file: true })
    }

    /// Returns the plugins in it.
    ///
    /// # Errors
    /// The text is neither JSON nor YAML.
    pub fn plugins(&self) -> Result<Vec<DeployedPlugin>, Diagnostic> {
        plugins(&self.text).map_err(|error| self.not_yaml(&error))
    }

    /// Returns whether this is a file of Envoy or Kubernetes rather than a configuration.
    pub fn is_deployed(&self) -> bool {
        is_deployed(&self.text)
    }

    /// Takes the whole as a configuration.
    ///
    /// # Errors
    /// The text looks like YAML, but is not.
    pub fn whole(&self) -> Result<Configuration, Diagnostic> {
        let is_yaml = self.is_file && [".yaml", ".yml"].iter().any(|end| self.name.ends_with(end));
        let taken = if is_yaml { yaml(&self.text) } else { plain(&self.text) };
        let PlainConfiguration { bytes, origin } = taken.map_err(|error| self.not_yaml(&error))?;
        Ok(self.configuration(None, bytes, origin, false))
    }

    /// Takes the configuration of a plugin in it.
    ///
    /// # Errors
    /// The platform cannot give it to a filter.
    pub fn of_plugin(&self, plugin: DeployedPlugin) -> Result<Configuration, Diagnostic> {
        let bytes =
            plugin.configuration.map_err(|mistake| self.diagnostic(mistake.position, &mistake.message))?;
        Ok(self.configuration(plugin.name, bytes, plugin.origin, true))
    }

    fn configuration(
        &self,
        plugin: Option<String>,
        bytes: Vec<u8>,
        origin: Origin,
        is_part: bool,
    ) -> Configuration {
        Configuration { bytes, plugin, is_part, origin, file: self.name.clone(), text: self.text.clone() }
    }

    /// Marks a position of it.
    pub fn diagnostic(&self, position: Position, message: &str) -> Diagnostic {
        Diagnostic::new(&self.name, &self.text, Some(position), message)
    }

    fn not_yaml(&self, error: &SyntaxError) -> Diagnostic {
        Diagnostic::new(&self.name, &self.text, error.position, &format!("not YAML: {error}"))
    }
}

/// Returns the file that an argument names.
pub(super) fn file(argument: &str) -> Option<PathBuf> {
    let path = Path::new(argument);
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_name = EXTENSIONS.contains(&extension) && !argument.contains(['{', '\n', ' ']);
    (path.is_file() || is_name).then(|| path.to_owned())
}
