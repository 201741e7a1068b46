//! An analyser that speaks LIS01-A2 over TCP, played by hand.

use std::net::SocketAddr;
use std::time::Duration;

use drivers::Link;
use drivers::link::astm::{Receiver, Role, SHORT, Sender, frames};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(30);
const NAK: u8 = 0x15;

pub struct Analyser {
    line: TcpStream,
    receiver: Receiver,
}

impl Analyser {
    /// Calls the line as the instrument would, trying until it listens.
    pub async fn call(address: SocketAddr) -> Self {
        for _ in 0..600 {
            if let Ok(line) = TcpStream::connect(address).await {
                return Self { line, receiver: Receiver::default() };
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the line does not listen at {address}");
    }

    async fn byte(&mut self) -> u8 {
        timeout(SOON, self.line.read_u8()).await.expect("the host says something soon").unwrap()
    }

    /// Sends a message of records; every frame is acknowledged.
    pub async fn says(&mut self, records: &str) {
        let mut sender = Sender::new(Role::Instrument, frames(records.as_bytes(), SHORT));
        let mut turn = sender.start();
        loop {
            self.line.write_all(&turn.write).await.unwrap();
            if turn.outcome.is_some() {
                return;
            }
            turn = sender.hear(self.byte().await);
        }
    }

    /// Listens to a whole session of the host; answers the message it heard, or `None` if it took none.
    pub async fn hears(&mut self, takes: bool) -> Option<String> {
        let mut message = None;
        loop {
            let byte = self.byte().await;
            let events = self.receiver.feed(&[byte]);
            for event in events {
                if let Some(found) = event.message.filter(|_| takes) {
                    message = Some(String::from_utf8(found.bytes).unwrap().replace('\r', "\n"));
                }
                let frame = event.wire.len() > 1;
                let answer = if frame && !takes { vec![NAK] } else { event.answer.into_owned() };
                if frame && !takes {
                    // It forgets what it refused.
                    self.receiver = Receiver::default();
                    self.receiver.feed(&[0x05]);
                }
                self.line.write_all(&answer).await.unwrap();
                if event.last {
                    return message;
                }
            }
        }
    }

    /// Whether the host leaves the line alone for a while.
    pub async fn is_left_alone(&mut self) -> bool {
        timeout(Duration::from_millis(1200), self.line.read_u8()).await.is_err()
    }
}

/// The order records of a message, as sample, tests and action.
pub fn ordered(message: &str) -> Vec<(String, String, String)> {
    let field = |row: &str, number: usize| row.split('|').nth(number - 1).unwrap_or_default().to_owned();
    let orders = message.lines().filter(|row| row.starts_with("O|"));
    orders.map(|row| (field(row, 3), field(row, 5), field(row, 12))).collect()
}
