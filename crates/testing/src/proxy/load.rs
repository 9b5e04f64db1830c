//! Loads configurations.

use proxy_model::PassThrough;

use super::{Backend, Proxy};
use crate::envoy::PLUGIN_NAME;
use crate::load_error::LoadError;
use crate::plugin::{self, Plugin};
use crate::stop::or_fail;

impl Proxy {
    /// Loads a configuration. All configurations of a proxy share a VM in each worker, metrics and a log, as plugins with
    /// the same `vm_id` do.
    ///
    /// # Panics
    /// The filter refuses the configuration. The message contains what the filter logged.
    #[track_caller]
    pub fn load(&self, configuration: &str) -> Plugin<'_> {
        match self.try_load(configuration) {
            Ok(plugin) => plugin,
            Err(error) => panic!("{configuration}\n{error}"),
        }
    }

    /// Loads a configuration that the filter must refuse, and returns the line that it logged.
    ///
    /// # Panics
    /// The filter accepts the configuration.
    #[track_caller]
    pub fn refuses(&self, configuration: &str) -> String {
        match self.try_load(configuration) {
            Ok(_) => panic!("accepted: {configuration}"),
            Err(LoadError::Refused(line)) => line,
            Err(error @ LoadError::Failed(_)) => panic!("{error}"),
        }
    }

    /// Like [`load`](Self::load), for a program that shows why a configuration was not loaded.
    ///
    /// # Errors
    /// The filter refuses the configuration, or Envoy fails.
    pub fn try_load(&self, configuration: impl AsRef<[u8]>) -> Result<Plugin<'_>, LoadError> {
        self.try_load_named(PLUGIN_NAME, configuration)
    }

    /// Like [`try_load`](Self::try_load), with the name of the plugin, which filters may add to their metrics. It is `plugin`
    /// otherwise.
    ///
    /// # Errors
    /// The filter refuses the configuration, or Envoy fails.
    pub fn try_load_named(
        &self,
        name: &str,
        configuration: impl AsRef<[u8]>,
    ) -> Result<Plugin<'_>, LoadError> {
        let configuration = configuration.as_ref();
        let backend = match &self.backend {
            Backend::Model(proxy) => {
                let loaded = self.load_in_model(proxy, name, configuration);
                plugin::Backend::Model(proxy, loaded.map_err(LoadError::Refused)?)
            }
            Backend::Envoy(proxy) => plugin::Backend::Envoy(proxy, proxy.load(name, configuration)?),
        };
        Ok(Plugin::new(backend))
    }

    /// Returns a plugin in whose place there is no filter: what it changes is what the proxy itself changes.
    ///
    /// # Errors
    /// Envoy fails.
    pub fn unfiltered(&self) -> Result<Plugin<'_>, LoadError> {
        let backend = match &self.backend {
            Backend::Model(proxy) => {
                let loaded = proxy.load_in_new_vms(|| PassThrough, "", PLUGIN_NAME);
                plugin::Backend::Model(proxy, loaded.map_err(LoadError::Refused)?)
            }
            Backend::Envoy(proxy) => {
                plugin::Backend::Envoy(proxy, proxy.unfiltered().map_err(LoadError::Failed)?)
            }
        };
        Ok(Plugin::new(backend))
    }

    fn load_in_model(
        &self,
        proxy: &proxy_model::Proxy,
        name: &str,
        configuration: &[u8],
    ) -> Result<proxy_model::Plugin, String> {
        let Some(maker) = &self.specialized else { return proxy.load(configuration, name) };
        let text = String::from_utf8_lossy(configuration);
        match maker.make(&text) {
            // The module needs no configuration.
            Ok(module) => proxy.load_in_new_vms(|| or_fail(module.instantiate()), "", name),
            Err(refusal) => match proxy.load(configuration, name) {
                Ok(_) => panic!("the tool refuses what the filter accepts: {text}\n{refusal}"),
                Err(line) => {
                    assert_eq!(format!("Error: {refusal}"), line, "the tool's message, and that at load");
                    Err(line)
                }
            },
        }
    }
}
