//! A pseudo-terminal: the wire of an instrument that is not there. The only part of the demo that needs Unix.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::openpty;
use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::ttyname;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::unix::pipe::{Receiver, Sender};

/// The instrument's end. The other end is opened by [`Pty::path`], like any serial port.
#[derive(Debug)]
pub struct Pty {
    ears: Receiver,
    mouth: Sender,
    path: String,
    /// Held open: a master whose slave nobody has open reads an error instead of waiting.
    _slave: OwnedFd,
}

impl Pty {
    /// Opens a pair in raw mode. Must be called inside a tokio runtime.
    pub fn open() -> io::Result<Self> {
        let pair = openpty(None, None)?;
        let mut mode = tcgetattr(&pair.slave)?;
        cfmakeraw(&mut mode);
        tcsetattr(&pair.slave, SetArg::TCSANOW, &mode)?;
        fcntl(&pair.master, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let path = ttyname(&pair.slave)?;
        let path = path.into_os_string().into_string().map_err(|_| io::Error::other("the path is not UTF-8"))?;
        let master = File::from(pair.master);
        let ears = Receiver::from_file_unchecked(master.try_clone()?)?;
        Ok(Self { ears, mouth: Sender::from_file_unchecked(master)?, path, _slave: pair.slave })
    }

    /// Where the other end is opened: `/dev/pts/3`.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl AsyncRead for Pty {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.ears).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Pty {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.mouth).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.mouth).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.mouth).poll_shutdown(cx)
    }
}
