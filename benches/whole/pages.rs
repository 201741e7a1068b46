//! The public portal over its socket: one result's page beside an empty route of the same Rocket, behind the same
//! fairings. The load comes from this process: each connection is kept and asks again as soon as it was answered.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use jiff::Timestamp;
use qingke::demo::seed::{self, Extent};
use qingke::lab::zone::zone;
use qingke::store::Store;
use qingke::store::published::{Filter, Publisher};
use qingke::web::clock::Clock;
use qingke::web::{Listener, portal};
use rocket::fairing::AdHoc;
use rocket::{get, routes};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::{Row, median};

const ROUNDS: usize = 7;
const CONNECTIONS: usize = 16;
const ROUND: Duration = Duration::from_secs(2);
/// History in the published store.
const DAYS: i64 = 45;

#[get("/")]
fn empty() -> &'static str {
    ""
}

/// Asks until the time is over; how often it was answered with this status line and a body of this length.
async fn ask(to: SocketAddr, path: &str, until: Instant) -> anyhow::Result<u64> {
    let mut line = BufReader::new(TcpStream::connect(to).await?);
    line.get_ref().set_nodelay(true)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {to}\r\nAccept: text/html\r\nAccept-Language: zh-CN\r\n\r\n");
    let (mut answered, mut length, mut body) = (0, None, Vec::new());
    while Instant::now() < until {
        line.get_mut().write_all(request.as_bytes()).await?;
        let found = answer(&mut line, &mut body).await?;
        ensure!(*length.get_or_insert(found) == found, "{path}: the answer changed");
        answered += 1;
    }
    Ok(answered)
}

/// Reads one answer; gives the length of its body.
async fn answer(line: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> anyhow::Result<usize> {
    let (mut head, mut length) = (String::new(), None);
    line.read_line(&mut head).await?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "expected 200, found '{}'", head.trim());
    loop {
        head.clear();
        line.read_line(&mut head).await?;
        match head.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = Some(value.trim().parse()?),
            Some(_) => (),
            None => break,
        }
    }
    let length: usize = length.context("expected a content-length")?;
    body.resize(length, 0);
    line.read_exact(body).await?;
    Ok(length)
}

/// Answers per second over all connections.
async fn load(to: SocketAddr, path: &'static str) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let asking: Vec<_> = (0..CONNECTIONS).map(|_| tokio::spawn(ask(to, path, begun + ROUND))).collect();
    let mut answered = 0;
    for one in asking {
        answered += one.await??;
    }
    Ok(answered as f64 / begun.elapsed().as_secs_f64())
}

pub fn measured(runtime: &Runtime, folder: &Path) -> anyhow::Result<Vec<Row>> {
    let url = |name: &str| format!("sqlite://{}", folder.join(name).display());
    let store = Store::open(&url("laboratory.db"))?;
    store.migrate()?;
    seed::seed(&store, 7, Extent { days: DAYS }, Timestamp::now())?;
    let publisher = Publisher::open(&url("published.db"))?;
    runtime.block_on(publisher.copying(&store))?;
    let published = publisher.published();
    let (mut found, _) = runtime.block_on(published.list(Filter::default(), 1, 1))?;
    let id = found.pop().context("something is published")?.document.id;

    let listener = Listener { address: Ipv4Addr::LOCALHOST.into(), port: 0, secure: false, ip_header: None };
    let (said, heard) = oneshot::channel();
    let said = Mutex::new(Some(said));
    let risen = AdHoc::on_liftoff("says its port", move |rocket| {
        let port = rocket.config().port;
        if let Some(said) = said.lock().ok().and_then(|mut said| said.take()) {
            // Nobody listens when the measurement was given up.
            let _ = said.send(port);
        }
        Box::pin(async {})
    });
    let rocket = portal(Clock::with(Timestamp::now, zone()), &listener, published).mount("/empty", routes![empty]);
    let rocket = runtime.block_on(rocket.attach(risen).ignite())?;
    let shutdown = rocket.shutdown();
    let served = runtime.spawn(rocket.launch());
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, runtime.block_on(heard)?));

    let page: &'static str = format!("/results/{id}").leak();
    let mut body = Vec::new();
    runtime.block_on(async {
        let mut line = BufReader::new(TcpStream::connect(to).await?);
        let request = format!("GET {page} HTTP/1.1\r\nHost: {to}\r\nAccept: text/html\r\n\r\n");
        line.get_mut().write_all(request.as_bytes()).await?;
        answer(&mut line, &mut body).await
    })?;
    ensure!(String::from_utf8_lossy(&body).contains(&id), "the page does not name its result");

    let (mut pages, mut empties) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        empties.push(runtime.block_on(runtime.spawn(load(to, "/empty")))??);
        pages.push(runtime.block_on(runtime.spawn(load(to, page)))??);
    }
    shutdown.notify();
    runtime.block_on(served)??;
    let ratio = median(pages.iter().zip(&empties).map(|(page, empty)| page / empty).collect());
    Ok(vec![Row::new(
        format!("public result page, {} bytes, {CONNECTIONS} connections: requests per second", body.len()),
        format!("{:.0}", median(pages)),
        format!("empty route: {:.0} per second; ratio {ratio:.2}", median(empties)),
    )])
}
