//! Host buffers: read at once, or as the part that views of bodies and chunks share.

use crate::sys::{self, BufferType, HostError};

/// Reads `size` bytes from the start of a buffer. An empty one takes no hostcall.
pub(crate) fn read(buffer: BufferType, size: usize) -> Result<Vec<u8>, HostError> {
    match size {
        0 => Ok(Vec::new()),
        size => sys::get_buffer(buffer, 0, size),
    }
}

/// Bytes in a host buffer. Each edit applies to the result of the edits before it.
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
        read(self.buffer, self.size)
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
