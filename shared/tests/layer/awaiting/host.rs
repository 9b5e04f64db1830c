//! The host of these tests.

use proxy_filter::HostError;
use proxy_filter::sys::{BufferType, Host, LogLevel, StreamType};

use super::{CASE, Case, TOKENS, note, respond};

/// A host that accepts calls, and notes what the layer does with the stream.
pub(super) struct Notes;

impl Host for Notes {
    fn log(&self, level: LogLevel, message: &[u8]) -> Result<(), HostError> {
        note(format!("{level:?}: {}", String::from_utf8_lossy(message)));
        Ok(())
    }
    fn set_tick_period(&self, _: u32) -> Result<(), HostError> {
        Ok(())
    }
    fn get_buffer(&self, _: BufferType, _: usize, size: usize) -> Result<Vec<u8>, HostError> {
        Ok(vec![b'x'; size])
    }
    fn http_call(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8], _: u32) -> Result<u32, HostError> {
        match CASE.get() {
            Case::Loops | Case::LoopsBesideStream => Err(HostError::BadArgument),
            // A host that responds to the first call while it takes the second.
            Case::Nested if TOKENS.get() == 1 => {
                respond(0);
                Ok(TOKENS.replace(2))
            }
            _ => Ok(TOKENS.replace(TOKENS.get().wrapping_add(1))),
        }
    }
    fn grpc_stream(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> Result<u32, HostError> {
        match CASE.get() {
            Case::LoopsOverStreams => Err(HostError::InternalFailure),
            _ => Ok(TOKENS.replace(TOKENS.get().wrapping_add(1))),
        }
    }
    fn grpc_send(&self, token: u32, message: &[u8], _: u32) -> Result<(), HostError> {
        note(format!("send {} on {token}", message.escape_ascii()));
        Ok(())
    }
    fn grpc_cancel(&self, token: u32) -> Result<(), HostError> {
        note(format!("cancel {token}"));
        Ok(())
    }
    fn set_effective_context(&self, _: u32) -> Result<(), HostError> {
        Ok(())
    }
    fn continue_stream(&self, side: StreamType) -> Result<(), HostError> {
        note(format!("continue {side:?}"));
        Ok(())
    }
    fn send_local_response(
        &self,
        status: u32,
        details: &[u8],
        _: &[u8],
        _: &[u8],
        _: i32,
    ) -> Result<(), HostError> {
        note(format!("reply {status} {}", details.escape_ascii()));
        Ok(())
    }
}
