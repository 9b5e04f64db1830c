//! Limitador on Redis, as a program: `limitador-redis ADDRESS LIMITS REDIS` listens until it is ended.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use engine::{Engine, Storage};

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, limits, redis] = arguments.as_slice() else {
        bail!("usage: limitador-redis ADDRESS LIMITS REDIS");
    };
    let read = std::fs::read_to_string(limits).with_context(|| limits.clone())?;
    let address: SocketAddr = address.parse().with_context(|| address.clone())?;
    let storage = Storage::Redis(redis.parse().with_context(|| redis.clone())?);
    let _engine = Engine::start_at(address, &read, storage)?;
    loop {
        std::thread::park();
    }
}
