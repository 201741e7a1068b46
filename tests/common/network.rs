//! A network between an agent and its hub that fails when told to, and a hub that answers as no hub should.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Open,
    /// Nothing gets through.
    Cut,
    /// The connection breaks in the middle of the request.
    BreaksOff,
    /// The hub hears and answers, the answer is lost: the cruellest moment.
    AnswersLost,
    /// The answer breaks off in the middle.
    HalfAnswers,
    /// Nothing arrives, and nobody says so.
    Swallows,
    /// Every second request gets through.
    Flaps,
    /// 64 kbit/s.
    Slow,
    /// The hub, or something in its place, says this with this status.
    Says(u16, &'static str),
    /// As before, but only of what has these words in it; all else gets through.
    SaysOf(&'static str, u16, &'static str),
}

#[derive(Clone)]
pub struct Network {
    pub address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    /// Requests that met the present mood.
    met: Arc<AtomicUsize>,
}

impl Network {
    pub async fn to(hub: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let network = Self { address, mood: Arc::new(Mutex::new(Mood::Open)), met: Arc::default() };
        let own = network.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let network = own.clone();
                // Its end, early or late, is what the other side sees of the fault.
                tokio::spawn(async move { network.carry(near, hub).await });
            }
        });
        network
    }

    pub fn turn(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
        self.met.store(0, Ordering::SeqCst);
    }

    pub fn met(&self) -> usize {
        self.met.load(Ordering::SeqCst)
    }

    async fn carry(&self, mut near: TcpStream, hub: SocketAddr) -> Option<()> {
        loop {
            let request = message(&mut near).await?;
            let mood = *self.mood.lock().unwrap();
            let met = self.met.fetch_add(1, Ordering::SeqCst);
            match mood {
                Mood::Cut => return None,
                Mood::Flaps if met.is_multiple_of(2) => return None,
                Mood::Swallows => {
                    near.read_u8().await.ok()?;
                    return None;
                }
                Mood::Says(status, text) => answer(&mut near, status, text).await?,
                Mood::SaysOf(words, status, text) if String::from_utf8_lossy(&request).contains(words) => {
                    answer(&mut near, status, text).await?;
                }
                Mood::BreaksOff => {
                    let mut far = TcpStream::connect(hub).await.ok()?;
                    far.write_all(request.get(..request.len() / 2)?).await.ok()?;
                    return None;
                }
                Mood::Open | Mood::Flaps | Mood::AnswersLost | Mood::HalfAnswers | Mood::Slow | Mood::SaysOf(..) => {
                    let mut far = TcpStream::connect(hub).await.ok()?;
                    if mood == Mood::Slow {
                        for piece in request.chunks(800) {
                            far.write_all(piece).await.ok()?;
                            sleep(Duration::from_millis(100)).await;
                        }
                    } else {
                        far.write_all(&request).await.ok()?;
                    }
                    let said = message(&mut far).await?;
                    match mood {
                        Mood::AnswersLost => return None,
                        Mood::HalfAnswers => {
                            near.write_all(said.get(..said.len() - 10)?).await.ok()?;
                            return None;
                        }
                        _ => near.write_all(&said).await.ok()?,
                    }
                }
            }
        }
    }
}

/// One HTTP message with a length.
async fn message(wire: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if bytes.len() >= head + 4 + length.unwrap_or(0_usize) {
                return Some(bytes);
            }
        }
        if wire.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn answer(near: &mut TcpStream, status: u16, text: &str) -> Option<()> {
    let answer = format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n\r\n{text}", text.len());
    near.write_all(answer.as_bytes()).await.ok()
}
