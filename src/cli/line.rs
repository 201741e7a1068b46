//! The options of the commands that open a line.

use ::drivers::{Driver, Serial};

use crate::acquire::Transport;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Serial port (`/dev/ttyUSB0`, `COM3`), `tcp:HOST:PORT` to call, or `listen:ADDRESS:PORT` to be called
    #[arg(long)]
    port: String,
    /// Bits per second; without it, as the driver says, or 9600
    #[arg(long)]
    baud: Option<u32>,
    /// 5 to 8
    #[arg(long)]
    data_bits: Option<u8>,
    /// N, E or O
    #[arg(long)]
    parity: Option<char>,
    /// 1 or 2
    #[arg(long)]
    stop_bits: Option<u8>,
}

impl Options {
    pub fn transport(&self, driver: Option<&Driver>) -> Transport {
        if let Some(address) = self.port.strip_prefix("tcp:") {
            return Transport::TcpClient { address: address.to_owned() };
        }
        if let Some(address) = self.port.strip_prefix("listen:") {
            return Transport::TcpServer { address: address.to_owned() };
        }
        let usual = driver.map_or(Serial::new(9600), Driver::serial);
        let serial = Serial {
            baud: self.baud.unwrap_or(usual.baud),
            data_bits: self.data_bits.unwrap_or(usual.data_bits),
            parity: self.parity.unwrap_or(usual.parity),
            stop_bits: self.stop_bits.unwrap_or(usual.stop_bits),
        };
        Transport::serial(&self.port, serial)
    }
}
