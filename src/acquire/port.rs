//! Ports: a serial device or a TCP connection, opened as something that reads and writes bytes.
//!
//! A pseudo-terminal is opened by its path like any serial device. It has no modem lines and keeps no parity; neither
//! is a reason not to use it.

use std::borrow::Cow;
use std::io;

use drivers::Serial;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_serial::{DataBits, ErrorKind, Parity, SerialPort, SerialPortBuilderExt, StopBits};

/// Anything a session can talk over.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Where the instrument is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "transport", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Transport {
    Serial {
        path: String,
        #[serde(flatten)]
        settings: Settings,
    },
    /// We call the instrument: `host:port`.
    TcpClient { address: String },
    /// The instrument calls us here: `address:port`.
    TcpServer { address: String },
    /// The instrument writes files here.
    Folder {
        path: String,
        /// Which files, below the folder: `*.txt`, `*.D/Report.TXT`.
        pattern: String,
        /// How long a file stays unchanged before it is read.
        settle_seconds: u32,
    },
}

impl Transport {
    pub fn serial(path: impl Into<String>, serial: Serial) -> Self {
        Self::Serial { path: path.into(), settings: serial.into() }
    }

    /// The device path, the address or the folder.
    pub fn place(&self) -> &str {
        match self {
            Self::Serial { path, .. } | Self::Folder { path, .. } => path,
            Self::TcpClient { address } | Self::TcpServer { address } => address,
        }
    }
}

/// Serial settings, checked when the port is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub baud: u32,
    pub data_bits: u8,
    /// `N`, `E` or `O`.
    pub parity: char,
    pub stop_bits: u8,
}

impl From<Serial> for Settings {
    fn from(it: Serial) -> Self {
        Self { baud: it.baud, data_bits: it.data_bits, parity: it.parity, stop_bits: it.stop_bits }
    }
}

/// Why a port cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum PortFault {
    #[error("port not found")]
    Missing,
    #[error("port in use by another program")]
    Busy,
    #[error("no permission to open the port")]
    Denied,
    #[error("expected {expected}, found '{found}'")]
    Setting { expected: Cow<'static, str>, found: String },
    #[error("the line closed")]
    Closed,
    #[error("{0}")]
    Other(String),
}

impl From<io::Error> for PortFault {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::ResourceBusy | io::ErrorKind::AddrInUse => Self::Busy,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<tokio_serial::Error> for PortFault {
    fn from(error: tokio_serial::Error) -> Self {
        match error.kind() {
            ErrorKind::Io(kind) => io::Error::new(kind, error.description).into(),
            // The library reports a device that vanished, and the lock of another program, under one kind.
            ErrorKind::NoDevice if error.description.contains("lock") => Self::Busy,
            ErrorKind::NoDevice => Self::Missing,
            ErrorKind::InvalidInput | ErrorKind::Unknown => Self::Other(error.description),
        }
    }
}

/// A port that can be opened again and again.
#[derive(Debug)]
pub struct Port {
    transport: Transport,
    /// Kept between connections, so that an instrument may call while the last call is being put away.
    listener: Option<TcpListener>,
}

impl Port {
    pub fn new(transport: Transport) -> Self {
        Self { transport, listener: None }
    }

    /// Opens the port; for a listening one, waits until the instrument calls.
    pub async fn open(&mut self) -> Result<Box<dyn Wire>, PortFault> {
        match &self.transport {
            // A folder is looked into, never opened as a port.
            Transport::Folder { path, .. } => {
                Err(PortFault::Setting { expected: "a port".into(), found: path.clone() })
            }
            Transport::Serial { path, settings } => Ok(Box::new(open_serial(path, *settings)?)),
            Transport::TcpClient { address } => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Transport::TcpServer { address } => {
                let listener = match self.listener.take() {
                    Some(listener) => listener,
                    None => TcpListener::bind(address).await?,
                };
                let accepted = self.listener.insert(listener).accept().await;
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

/// Opens a serial device for us alone.
pub fn open_serial(path: &str, settings: Settings) -> Result<tokio_serial::SerialStream, PortFault> {
    let refused = |expected: &'static str, found: String| PortFault::Setting { expected: expected.into(), found };
    let data_bits = match settings.data_bits {
        5 => DataBits::Five,
        6 => DataBits::Six,
        7 => DataBits::Seven,
        8 => DataBits::Eight,
        other => return Err(refused("5 to 8 data bits", other.to_string())),
    };
    let parity = match settings.parity.to_ascii_uppercase() {
        'N' => Parity::None,
        'E' => Parity::Even,
        'O' => Parity::Odd,
        other => return Err(refused("parity N, E or O", other.to_string())),
    };
    let stop_bits = match settings.stop_bits {
        1 => StopBits::One,
        2 => StopBits::Two,
        other => return Err(refused("1 or 2 stop bits", other.to_string())),
    };
    let mut port = tokio_serial::new(path, settings.baud)
        .data_bits(data_bits)
        .parity(parity)
        .stop_bits(stop_bits)
        .open_native_async()?;
    // Many instruments send only while their host shows that it is ready.
    for raised in [port.write_data_terminal_ready(true), port.write_request_to_send(true)] {
        if let Err(error) = raised {
            tracing::debug!(path, %error, "port has no modem lines");
        }
    }
    Ok(port)
}
