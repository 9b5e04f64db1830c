//! Sends bytes, and compares what the upstream got with what it should.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, ensure};
use socket2::SockRef;

use super::bytes::{self, Part, Sent};
use super::listener::Listener;

/// The longest time until a connection ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a client stays before it leaves.
const STAY: Duration = Duration::from_millis(2);

impl Sent {
    /// Sends the bytes, and compares what the upstream got with what it should. Returns what became of the connection.
    pub(super) fn check(&self, listener: Listener, address: SocketAddr) -> Result<&'static str> {
        let mut connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        let client = connection.local_addr()?;
        for part in &self.parts {
            if connection.write_all(part).is_err() {
                break;
            }
            std::thread::sleep(self.pause);
        }
        match self.leaves {
            Part::ToTheEnd => {}
            Part::Resets => {
                std::thread::sleep(STAY);
                SockRef::from(&connection).set_linger(Some(Duration::ZERO))?;
                return Ok("reset");
            }
            Part::Leaves => return Ok("left"),
        }
        _ = connection.shutdown(Shutdown::Write);
        let mut arrived = Vec::new();
        match connection.read_to_end(&mut arrived) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => return Err(error.into()),
            _ => {}
        }
        self.expect(listener, client, address, &arrived)
    }

    /// Compares what the upstream got.
    fn expect(
        &self,
        listener: Listener,
        client: SocketAddr,
        to: SocketAddr,
        arrived: &[u8],
    ) -> Result<&'static str> {
        let sent = self.parts.concat();
        match listener {
            Listener::Limited => {
                ensure!(arrived == sent, "{} bytes arrived, {} were sent", arrived.len(), sent.len());
                Ok("as sent")
            }
            _ if sent.is_empty() => {
                ensure!(arrived.is_empty(), "nothing was sent, and {} arrived", shown(arrived));
                Ok("empty")
            }
            Listener::Distrusting | Listener::Both => {
                let (addresses, rest) = bytes::read(arrived)?;
                ensure!(addresses == Some([client, to]), "{addresses:?} instead of {client}, {to}");
                ensure!(rest == sent, "after the header: {}", shown(rest));
                Ok("with the right address")
            }
            Listener::Trusting => match &self.claims {
                None => {
                    ensure!(
                        arrived.is_empty(),
                        "a connection that should be closed brought {}",
                        shown(arrived)
                    );
                    Ok("closed")
                }
                Some(claimed) => {
                    let (addresses, rest) = bytes::read(arrived)?;
                    let expected = claimed.addresses.unwrap_or([client, to]);
                    ensure!(addresses == Some(expected), "{addresses:?} instead of {expected:?}");
                    ensure!(rest == claimed.rest, "after the header: {}", shown(rest));
                    Ok("with the claimed address")
                }
            },
        }
    }
}

pub(super) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 120;
    bytes.get(..MOST).unwrap_or(bytes).escape_ascii().to_string()
}
