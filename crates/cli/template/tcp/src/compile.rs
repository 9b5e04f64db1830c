//! Compiles the configuration into the filter. Checks that concern several fields belong here.

use proxy_filter::config::ConfigError;
use proxy_filter::metric::Counter;

use crate::MyFilter;
use crate::config::Config;

impl TryFrom<Config> for MyFilter {
    type Error = ConfigError;

    fn try_from(config: Config) -> Result<Self, ConfigError> {
        let longest = usize::try_from(config.longest.get()).unwrap_or(usize::MAX);
        Ok(Self { longest, closed: Counter::define("my_filter.closed")? })
    }
}
