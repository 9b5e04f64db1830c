//! The configuration that a user names: a file, a file that holds it among others, or a text.

use anyhow::{Context, Result, bail};
use proxy_filter_envoy::deployed::{DeployedPlugin, plugins};

use super::configuration::Configuration;
use super::source::Source;

/// Reads the configuration of a filter that an argument names. `filters` are all that the project has, and `plugin` is the
/// name or place of the plugin, if a file has several of this filter.
///
/// # Errors
/// The file cannot be read, or holds no configuration of the filter, or several.
pub(super) fn find_configuration(
    argument: &str,
    filter: &str,
    filters: &[&str],
    plugin: Option<&str>,
) -> Result<Configuration> {
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
    let chosen = choose(all, filter, filters, plugin).with_context(|| source.name.clone())?;
    Ok(source.of_plugin(chosen)?)
}

/// Chooses the plugin of a filter.
fn choose(
    all: Vec<DeployedPlugin>,
    filter: &str,
    filters: &[&str],
    plugin: Option<&str>,
) -> Result<DeployedPlugin> {
    let list = |plugins: &[DeployedPlugin]| plugins.iter().map(name_and_place).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = plugin {
        let is_wanted = |plugin: &&DeployedPlugin| {
            let DeployedPlugin { resource, name, root_id, place, .. } = plugin;
            [resource.as_deref(), name.as_deref(), root_id.as_deref(), Some(place)].contains(&Some(wanted))
        };
        return match all.iter().filter(is_wanted).collect::<Vec<_>>().as_slice() {
            [one] => Ok((*one).clone()),
            [] => bail!("no plugin `{wanted}`: the file has {}", list(&all)),
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
        // The only plugin names no filter: take it for the one that was asked for.
        ([], [one]) if one.filter(filters).is_none() => Ok(one.clone()),
        ([], _) => bail!("no plugin of {filter}: the file has {}", list(&others)),
        (several, _) => bail!(
            "several plugins of {filter}: choose one with `--plugin` and its name or place: {}",
            list(several)
        ),
    }
}

/// Returns a plugin's name and place.
fn name_and_place(plugin: &DeployedPlugin) -> String {
    let name = plugin.title().unwrap_or("a plugin without a name");
    match plugin.place.as_str() {
        "" => name.to_owned(),
        place => format!("{name} ({place})"),
    }
}
