//! A configuration that a user names: a file, a file that holds it among others, or a text.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use proxy_filter_envoy::deployed::{
    Deployed, Origin, Plain, Position, SyntaxError, is_deployed, plain, plugins,
};
use proxy_filter_trial::{Refusal, place_in};

use super::marked::Marked;

/// How a text that is not a file is named in messages.
const TEXT: &str = "configuration";

/// Endings of names that are files', even if there is no such file.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// A configuration.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// What the filter gets.
    pub bytes: Vec<u8>,
    origin: Origin,
    file: String,
    text: String,
}

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
    pub fn plugins(&self) -> Result<Vec<Deployed>, Marked> {
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
    pub fn whole(&self) -> Result<Configuration, Marked> {
        let Plain { bytes, origin } = plain(&self.text).map_err(|error| self.not_yaml(&error))?;
        Ok(Configuration { bytes, origin, file: self.name.clone(), text: self.text.clone() })
    }

    /// Takes the configuration of a plugin in it.
    ///
    /// # Errors
    /// The platform cannot give it to a filter.
    pub fn of_plugin(&self, plugin: Deployed) -> Result<Configuration, Marked> {
        let bytes =
            plugin.configuration.map_err(|mistake| self.marked(mistake.position, &mistake.message))?;
        Ok(Configuration { bytes, origin: plugin.origin, file: self.name.clone(), text: self.text.clone() })
    }

    /// Marks a position of it.
    pub fn marked(&self, position: Position, message: &str) -> Marked {
        Marked::new(&self.name, &self.text, Some(position), message)
    }

    fn not_yaml(&self, error: &SyntaxError) -> Marked {
        Marked::new(&self.name, &self.text, error.position, &format!("not YAML: {error}"))
    }
}

/// Returns the file that an argument names.
pub(super) fn file(argument: &str) -> Option<PathBuf> {
    let path = Path::new(argument);
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_name = EXTENSIONS.contains(&extension) && !argument.contains(['{', '\n', ' ']);
    (path.is_file() || is_name).then(|| path.to_owned())
}

impl Configuration {
    /// Reads the configuration of a filter that an argument names. `filters` are all that the project has, and `plugin` is the
    /// name or place of the plugin, if a file has several of this filter.
    ///
    /// # Errors
    /// The file cannot be read, or holds no configuration of the filter, or several.
    pub fn read(argument: &str, filter: &str, filters: &[&str], plugin: Option<&str>) -> Result<Self> {
        let source = Source::read(argument)?;
        // What is not YAML is for the filter to judge, or for `whole`.
        let all = plugins(&source.text).unwrap_or_default();
        if all.is_empty() {
            if source.is_file && source.is_deployed() {
                bail!(
                    "{} has no plugin: give a file with the configuration of {filter}, or one that deploys it",
                    source.name
                );
            }
            if let Some(plugin) = plugin {
                bail!(
                    "{} is a configuration, in which there is no plugin `{plugin}`: leave out `--plugin`",
                    source.name
                );
            }
            return Ok(source.whole()?);
        }
        let chosen = chosen(all, filter, filters, plugin).with_context(|| source.name.clone())?;
        Ok(source.of_plugin(chosen)?)
    }

    /// Returns where it begins, as `FILE:LINE`.
    pub fn start(&self) -> String {
        format!("{}:{}", self.file, self.origin.start().line)
    }

    /// Returns where a refusal's mistake is, with the line.
    pub fn mark(&self, refusal: &Refusal) -> Marked {
        let reason = refusal.reason();
        let place = place_in(reason, self.origin.places().map(str::to_owned));
        let message =
            place.as_ref().and_then(|place| reason.strip_prefix(place.as_str())?.strip_prefix(": "));
        let at_place = place.as_ref().and_then(|place| match message {
            Some(message) if message.starts_with("unknown field") => self.origin.of_name(place),
            _ => self.origin.of_value(place),
        });
        let at_position = || {
            let (line, column) = refusal.position?;
            self.origin.of_position(Position { line, column })
        };
        // In a file, its own position takes the place of that in the configuration.
        let reason = match refusal.position {
            Some((line, column)) => reason.replace(&format!(" at line {line} column {column}"), ""),
            None => reason.to_owned(),
        };
        let position = at_place.or_else(at_position).unwrap_or_else(|| self.origin.start());
        Marked::new(&self.file, &self.text, Some(position), &reason)
    }
}

/// Chooses the plugin of a filter.
fn chosen(all: Vec<Deployed>, filter: &str, filters: &[&str], plugin: Option<&str>) -> Result<Deployed> {
    let list = |plugins: &[Deployed]| plugins.iter().map(shown).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = plugin {
        let is_wanted = |plugin: &&Deployed| {
            [plugin.name.as_deref(), plugin.root_id.as_deref(), Some(plugin.place.as_str())]
                .contains(&Some(wanted))
        };
        return match all.iter().filter(is_wanted).collect::<Vec<_>>().as_slice() {
            [one] => Ok((*one).clone()),
            [] => bail!("no plugin `{wanted}`: there are {}", list(&all)),
            several => bail!(
                "several plugins are called `{wanted}`: give the place in `--plugin`, such as `{}`",
                several.first().map_or("", |plugin| plugin.place.as_str())
            ),
        };
    }
    let (own, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|plugin| plugin.filter(filters) == Some(filter));
    match (own.as_slice(), others.as_slice()) {
        ([one], _) => Ok(one.clone()),
        // It says nothing that names a filter, so it is the one that the user names.
        ([], [one]) if one.filter(filters).is_none() => Ok(one.clone()),
        ([], _) => bail!("no plugin of {filter}: there are {}", list(&others)),
        (several, _) => bail!(
            "several plugins of {filter}: choose one with `--plugin` and its name or place: {}",
            list(several)
        ),
    }
}

/// Returns a plugin's name and place.
fn shown(plugin: &Deployed) -> String {
    let name = plugin.name.as_deref().or(plugin.root_id.as_deref()).unwrap_or("a plugin without a name");
    match plugin.place.as_str() {
        "" => name.to_owned(),
        place => format!("{name} ({place})"),
    }
}
