//! Compiles the configuration into the filter. Checks that concern several fields belong here.

use proxy_filter::config::ConfigError;

use crate::MyFilter;
use crate::config::Config;

impl TryFrom<Config> for MyFilter {
    type Error = ConfigError;

    fn try_from(config: Config) -> Result<Self, ConfigError> {
        let Config { name, value } = config;
        if name.is_framing() {
            let wrong = format!("`{name}` delimits the body: use another header");
            return Err(ConfigError::new(wrong).in_field("name"));
        }
        Ok(Self { name, value })
    }
}
