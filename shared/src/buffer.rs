//! What the views of bodies and of chunks have in common: a buffer of the host, for as long as a phase lasts.

use crate::sys::{self, BufferType, HostError};

/// Bytes that the host holds. Each edit builds on the ones before.
#[derive(Debug)]
pub(crate) struct View {
    buffer: BufferType,
    size: usize,
}

impl View {
    pub(crate) fn new(buffer: BufferType, size: usize) -> Self {
        Self { buffer, size }
    }

    pub(crate) fn len(&self) -> usize {
        self.size
    }

    pub(crate) fn bytes(&self) -> Result<Vec<u8>, HostError> {
        match self.size {
            0 => Ok(Vec::new()),
            size => sys::get_buffer(self.buffer, 0, size),
        }
    }

    pub(crate) fn replace(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        sys::set_buffer(self.buffer, 0, self.size, bytes)?;
        self.size = bytes.len();
        Ok(())
    }

    pub(crate) fn prepend(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        sys::set_buffer(self.buffer, 0, 0, bytes)?;
        self.size = self.size.saturating_add(bytes.len());
        Ok(())
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        sys::set_buffer(self.buffer, usize::MAX, 0, bytes)?;
        self.size = self.size.saturating_add(bytes.len());
        Ok(())
    }
}
