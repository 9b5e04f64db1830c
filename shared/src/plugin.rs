//! Phases of a plugin itself, beside those of its streams.

use crate::Filter;

/// Time has passed.
pub trait OnTick: Filter {
    /// Called about once a second on each worker, and on the main thread, while the plugin is loaded.
    fn on_tick(&self);
}
