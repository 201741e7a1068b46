//! From byte to page, on both engines: a recorded conversation is played through a pseudo-terminal; its readings find
//! their analyses, three people sign, the result is published, and a visitor reads it on the public page.
#![cfg(unix)]

#[path = "common/engines.rs"]
mod engines;
#[path = "common/laboratory.rs"]
mod laboratory;

use std::sync::Arc;
use std::time::Duration;

use drivers::Serial;
use drivers::link::astm::{Outcome, Role as Side, SHORT, Sender, frames};
use jiff::Timestamp;
use qingke::acquire::intake::Hub;
use qingke::acquire::{LineConfig, Lines, Transport};
use qingke::demo::instruments::pty::Pty;
use qingke::lab::analysis::status::{State, Step};
use qingke::lab::disclosure::publication::Request;
use qingke::lab::people::Who;
use qingke::lab::zone::zone;
use qingke::store::published::Publisher;
use qingke::store::work::{Filter, Seen};
use qingke::store::{Store, journal::Journal};
use qingke::web::clock::Clock;
use qingke::web::{Listener, portal};
use rocket::http::{Header, Status};
use rocket::local::asynchronous::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Written for this test after LIS02-A2: an analyser reports aflatoxin M1 in one milk sample.
const RECORDED: &str = "H|\\^&|||Reader^ELISA 96^1.0^0042|||||||P|LIS2-A2|{time}\rP|1\r\
    O|1|{sample}||^^^AFM1|R\rR|1|^^^AFM1|0.612|ug/kg||H||F||||{time}\rL|1|N\r";

/// Plays the conversation as the analyser: enquiry, frames, each acknowledged, end.
async fn play(pty: &mut Pty, text: &str) {
    let mut sender = Sender::new(Side::Instrument, frames(text.as_bytes(), SHORT));
    let mut turn = sender.start();
    loop {
        pty.write_all(&turn.write).await.unwrap();
        if let Some(outcome) = turn.outcome {
            assert_eq!(outcome, Outcome::Sent);
            return;
        }
        let mut byte = [0];
        let heard = tokio::time::timeout(Duration::from_secs(20), pty.read_exact(&mut byte)).await;
        heard.expect("the line answers").unwrap();
        turn = sender.hear(byte[0]);
    }
}

async fn seen(store: &Store, sample: i64, state: State) -> Vec<Seen> {
    let (lines, _) = store.work(Filter { sample: Some(sample), ..Filter::default() }, 1).await.unwrap();
    assert!(!lines.is_empty());
    lines
        .iter()
        .inspect(|line| assert_eq!(line.analysis.status.state(), state))
        .map(|line| Seen { analysis: line.analysis.id, version: line.analysis.version })
        .collect()
}

async fn from_byte_to_page(url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(url).unwrap();
    store.migrate().unwrap();
    let now = Timestamp::now();
    let mut pty = Pty::open().unwrap();
    let bench = laboratory::set_up(&store, now, pty.path()).await;
    let (id, code) = laboratory::sample(&store, &bench, now).await;

    // The instrument speaks on its line.
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let lines = Lines::new(journal, Arc::new(Hub { store: store.clone() }));
    let transport = Transport::serial(pty.path(), Serial::new(9600));
    let config =
        LineConfig { instrument: "ELISA-1".to_owned(), driver: "astm-lis2".to_owned(), transport, profile: None };
    lines.apply(vec![config]).await;
    let time = zone().to_datetime(now).strftime("%Y%m%d%H%M%S").to_string();
    play(&mut pty, &RECORDED.replace("{sample}", &code).replace("{time}", &time)).await;
    let mut measured = false;
    for _ in 0..400 {
        let (found, _) = store.work(Filter { sample: Some(id), ..Filter::default() }, 1).await.unwrap();
        measured = found.iter().all(|line| line.analysis.status.state() == State::Measured);
        if measured {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(measured, "the reading has not found its analysis");
    lines.stop().await;

    // Three people sign; the analyst's own review is refused.
    let steps = [
        (&bench.analyst, State::Measured, Step::Submit),
        (&bench.reviewer, State::Submitted, Step::Review),
        (&bench.approver, State::Reviewed, Step::Approve),
    ];
    for (who, state, step) in steps {
        let seen = seen(&store, id, state).await;
        if step == Step::Review {
            let own = store.take_steps(Who::Person(bench.analyst.clone()), now, seen.clone(), Step::Review).await;
            assert!(own.is_err(), "nobody reviews their own value");
        }
        store.take_steps(Who::Person(who.clone()), now, seen, step).await.unwrap();
    }

    // Published, copied, and read by a visitor.
    let sample = store.sample_called(code.clone(), now).await.unwrap().unwrap();
    let request = Request {
        notice: "公示 1 号".to_owned(),
        authority: String::new(),
        remark: String::new(),
        objection_over: true,
    };
    let public_id =
        store.publish(Who::Person(bench.approver.clone()), now, code, sample.version, request).await.unwrap();
    let publisher = Publisher::open(&format!("sqlite://{}", folder.path().join("published.db").display())).unwrap();
    assert_eq!(publisher.copying(&store).await.unwrap(), 1);
    let listener = Listener { address: std::net::Ipv4Addr::LOCALHOST.into(), port: 0, secure: false, ip_header: None };
    let rocket = portal(Clock::with(Timestamp::now, zone()), &listener, publisher.published());
    let visitor = Client::untracked(rocket).await.unwrap();
    for address in ["/results".to_owned(), format!("/results/{public_id}")] {
        let chinese = Header::new("Accept-Language", "zh-CN");
        let answer = visitor.get(&address).header(chinese).header(rocket::http::Accept::HTML).dispatch().await;
        assert_eq!(answer.status(), Status::Ok, "{address}");
        let page = answer.into_string().await.unwrap();
        for said in ["生乳", "不合格"] {
            assert!(page.contains(said), "{address} does not say {said}");
        }
    }
    let one = visitor.get(format!("/results/{public_id}")).header(rocket::http::Accept::HTML).dispatch().await;
    let page = one.into_string().await.unwrap();
    assert!(page.contains("0.612") && page.contains("0.5"), "the value and the limit are said");
    assert!(!page.contains("ANALYST") && !page.contains("扎西"), "no name of the staff is said");

    let report = store.verify().unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[test]
fn a_byte_on_the_serial_line_becomes_a_line_on_the_public_page() {
    engines::each(|url| {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(from_byte_to_page(url));
    });
}
