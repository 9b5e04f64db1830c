//! The hostcalls.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use proxy_filter::headers::HeaderPairs;
use proxy_filter::log::Level;
use proxy_filter::sys::{Buffer, Host, HostError, LocalResponse, Map, SharedValue};

use crate::headers::Headers;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) now: Cell<u64>,
    pub(crate) logs: RefCell<Vec<String>>,
    pub(crate) configuration: RefCell<Vec<u8>>,
    pub(crate) attributes: RefCell<HashMap<Vec<u8>, Vec<u8>>>,
    pub(crate) shared_data: RefCell<HashMap<Vec<u8>, Shared>>,
    /// The map of the phase that runs; any other is refused.
    pub(crate) phase: RefCell<Option<(Map, Headers)>>,
    pub(crate) reply: RefCell<Option<Headers>>,
    pub(crate) chunk: RefCell<Vec<u8>>,
}

/// A value of shared data, and the number of its last write.
pub(crate) struct Shared {
    value: Vec<u8>,
    cas: u32,
}

impl State {
    fn edit<R>(&self, map: Map, edit: impl FnOnce(&mut Headers) -> R) -> Result<R, HostError> {
        match &mut *self.phase.borrow_mut() {
            Some((current, headers)) if *current == map => Ok(edit(headers)),
            _ => Err(HostError::BadArgument),
        }
    }
}

impl Host for State {
    fn log(&self, level: Level, message: &str) -> Result<(), HostError> {
        self.logs.borrow_mut().push(format!("{level:?}: {message}"));
        Ok(())
    }

    fn log_level(&self) -> Result<Level, HostError> {
        Ok(Level::Trace)
    }

    fn set_tick_period(&self, _: u32) -> Result<(), HostError> {
        Ok(())
    }

    fn monotonic_nanoseconds(&self) -> Result<u64, HostError> {
        Ok(self.now.get())
    }

    fn get_buffer(&self, buffer: Buffer, start: usize, size: usize) -> Result<Vec<u8>, HostError> {
        let bytes = match buffer {
            Buffer::PluginConfiguration => self.configuration.borrow(),
            Buffer::DownstreamData => self.chunk.borrow(),
            _ => return Err(HostError::BadArgument),
        };
        Ok(bytes.iter().skip(start).take(size).copied().collect())
    }

    fn set_buffer(&self, buffer: Buffer, start: usize, size: usize, data: &[u8]) -> Result<(), HostError> {
        match (buffer, start, size) {
            (Buffer::DownstreamData, 0, 0) => {
                self.chunk.borrow_mut().splice(0..0, data.iter().copied());
                Ok(())
            }
            _ => Err(HostError::BadArgument),
        }
    }

    fn get_header_pairs(&self, map: Map) -> Result<Vec<u8>, HostError> {
        self.edit(map, |headers| headers.serialize())?
    }

    fn get_header(&self, map: Map, name: &[u8]) -> Result<Vec<u8>, HostError> {
        self.edit(map, |headers| headers.first(name).map(<[u8]>::to_vec))?.ok_or(HostError::NotFound)
    }

    fn add_header(&self, map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.edit(map, |headers| headers.append(name, value))
    }

    fn replace_header(&self, map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.edit(map, |headers| headers.replace(name, value))
    }

    fn remove_header(&self, map: Map, name: &[u8]) -> Result<(), HostError> {
        self.edit(map, |headers| headers.remove(name))
    }

    fn get_property(&self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.attributes.borrow().get(path).cloned().ok_or(HostError::NotFound)
    }

    fn send_local_response(&self, response: LocalResponse<'_>) -> Result<(), HostError> {
        let mut headers = Headers::from_iter([(":status", response.status.to_string())]);
        for (name, value) in HeaderPairs::new(response.headers.to_vec()).iter() {
            headers.append(name, value);
        }
        self.reply.replace(Some(headers));
        Ok(())
    }

    fn get_shared_data(&self, key: &[u8]) -> Result<SharedValue, HostError> {
        match self.shared_data.borrow().get(key) {
            Some(Shared { value, cas }) => Ok(SharedValue { value: Some(value.clone()), cas: *cas }),
            None => Err(HostError::NotFound),
        }
    }

    fn set_shared_data(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), HostError> {
        let mut store = self.shared_data.borrow_mut();
        let shared = store.entry(key.to_vec()).or_insert_with(|| Shared { value: Vec::new(), cas });
        if cas != 0 && cas != shared.cas {
            return Err(HostError::CasMismatch);
        }
        *shared = Shared { value: value.to_vec(), cas: shared.cas.wrapping_add(1).max(1) };
        Ok(())
    }
}
