//! A token bucket in shared data.

use std::time::UNIX_EPOCH;

use proxy_wasm::traits::Context;
use proxy_wasm::types::Status;

const PER_SECOND: u64 = 1_000;
const BURST: u64 = 1_000_000;
const NANOSECONDS: u128 = 1_000_000_000;

/// Takes a token from a bucket in shared data: its tokens and the time of its last refill, by compare-and-swap.
pub(crate) fn take(stream: &impl Context, bucket: &str) -> bool {
    let now = stream.get_current_time().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    loop {
        let (value, version) = stream.get_shared_data(bucket);
        let (tokens, refilled) = value.as_deref().and_then(decode).unwrap_or((BURST, now));
        let new = now.saturating_sub(refilled).saturating_mul(u128::from(PER_SECOND)) / NANOSECONDS;
        let tokens = tokens.saturating_add(u64::try_from(new).unwrap_or(BURST)).min(BURST);
        let refilled = if new == 0 { refilled } else { now };
        let Some(left) = tokens.checked_sub(1) else { return false };
        let value = [left.to_le_bytes().as_slice(), &refilled.to_le_bytes()].concat();
        match stream.set_shared_data(bucket, Some(&value), version) {
            Ok(()) => return true,
            Err(Status::CasMismatch) => (),
            Err(_) => return false,
        }
    }
}

fn decode(value: &[u8]) -> Option<(u64, u128)> {
    let (tokens, refilled) = value.split_first_chunk()?;
    Some((u64::from_le_bytes(*tokens), u128::from_le_bytes(refilled.try_into().ok()?)))
}
