//! Compiles the configuration into the filter. Checks that concern several fields belong here.

use proxy_filter::config::ConfigError;
use proxy_filter::metric::Counter;

use crate::MyFilter;
use crate::config::Config;

impl TryFrom<Config> for MyFilter {
    type Error = ConfigError;

    fn try_from(config: Config) -> Result<Self, ConfigError> {
        let Config { cluster, authority, path, header } = config;
        for (field, value) in [("cluster", &cluster), ("authority", &authority)] {
            if value.is_empty() {
                return Err(ConfigError::new("must not be empty").in_field(field));
            }
        }
        if !path.starts_with('/') {
            return Err(ConfigError::new(format!("`{path}` does not begin with `/`")).in_field("path"));
        }
        Ok(Self { cluster, authority, path, header, denied: Counter::define("my_filter.denied")? })
    }
}
