//! What the bench sees of signals, files and past transmissions.

use drivers::Message;
use jiff::tz::TimeZone;
use rocket::http::Status;

use super::imports;
use crate::acquire::folder::{Unread, Why};
use crate::acquire::intake::Hub;
use crate::acquire::{Intake, SourceFile, State, Transmission};
use crate::lab::people::{Role, Who};
use crate::store::catalogue::Instrument;
use crate::store::intake::Read;
use crate::web::locale::{Lang, Locale};
use crate::web::trial::Trial;

async fn gas_chromatograph(trial: &Trial) {
    let gc = Instrument {
        code: "GC-2".to_owned(),
        name: "气相色谱仪".to_owned(),
        driver: "shimadzu-ascii".to_owned(),
        transport: "folder".to_owned(),
        address: "/export".to_owned(),
        parity: "N".to_owned(),
        ..Instrument::default()
    };
    trial.store.add(Who::Program, trial.now(), gc).await.unwrap();
}

/// A run as LabSolutions exports it: 6,001 points of 0.1 s, one peak at 3.2 min.
fn run(sample: &str, amount: &str) -> String {
    let mut text = format!(
        "[Header]\r\nApplication Name\tLabSolutions\r\nVersion\t5.97\r\n\r\n[Sample Information]\r\n\
         Acquired\t2026/11/24 10:30:00\r\nSample Type\t0:Unknown\r\nSample ID\t{sample}\r\n\r\n\
         [Configuration]\r\nInstrument Name\tGC-2030\r\n# of Detectors\t1\r\nDetector Name\tFPD1\r\n# of Channels\t1\r\n\r\n\
         [Peak Table(Ch1)]\r\n# of Peaks\t1\r\n\
         Peak#\tR.Time\tI.Time\tF.Time\tArea\tHeight\tConc.\tUnit\tID#\tName\r\n\
         1\t3.210\t3.100\t3.350\t20420\t5050\t{amount}\tmg/kg\t1\t甲拌磷\r\n\r\n\
         [Compound Results(Ch1)]\r\n# of IDs\t1\r\nID#\tName\tR.Time\tArea\tHeight\tConc.\tUnit\r\n\
         1\t甲拌磷\t3.210\t20420\t5050\t{amount}\tmg/kg\r\n\r\n\
         [Chromatogram (Ch1)]\r\nInterval(msec)\t100\r\n# of Points\t6001\r\nStart Time(min)\t0.000\r\n\
         End Time(min)\t10.000\r\nIntensity Units\tmV\r\nIntensity Multiplier\t0.001\r\nR.Time (min)\tIntensity\r\n"
    );
    for n in 0..6001 {
        let minutes = f64::from(n) / 600.0;
        let signal = 5000.0 * (-((minutes - 3.21) / 0.04).powi(2)).exp() + f64::from(n % 7);
        text.push_str(&format!("{minutes:.5}\t{signal:.0}\r\n"));
    }
    text
}

fn sent(trial: &Trial, seq: i64, name: &str, text: &str) -> Transmission {
    let bytes = text.as_bytes().to_vec();
    Transmission {
        epoch: "000102030405060708090a0b0c0d0e0f".parse().unwrap(),
        seq,
        instrument: "GC-2".to_owned(),
        driver: "shimadzu-ascii".to_owned(),
        file: Some(SourceFile { name: name.to_owned(), modified_at: Some(trial.now()), sha256: "0".repeat(64) }),
        started_at: trial.now(),
        ended_at: trial.now(),
        state: State::Complete,
        fault: None,
        messages: vec![Message::plain(bytes.clone(), 0)],
        bytes,
        chunks: Vec::new(),
    }
}

async fn deliver(trial: &Trial, sent: Transmission) {
    let hub = Hub { store: trial.store.clone() };
    rocket::tokio::task::spawn_blocking(move || hub.deliver(&sent).unwrap()).await.unwrap();
}

async fn page(trial: &Trial, address: &str) -> String {
    let technician = trial.known("technician").await;
    let answer = technician.get(address).await;
    assert_eq!(answer.status(), Status::Ok, "{address}");
    answer.into_string().await.unwrap()
}

async fn laboratory() -> Trial {
    let trial = Trial::start().await;
    trial.add(Role::Technician).await;
    gas_chromatograph(&trial).await;
    trial
}

/// The x and y of the first trace of a picture.
fn points(html: &str) -> Vec<&str> {
    html.split("class=\"trace\"")
        .nth(1)
        .unwrap()
        .split("points=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .split(' ')
        .collect()
}

#[rocket::async_test]
async fn a_chromatogram_shows_the_instrument_s_own_peaks_and_is_one_step_from_its_reading() {
    let trial = laboratory().await;
    deliver(&trial, sent(&trial, 1, "26-041.txt", &run("26-041", "0.0512"))).await;
    let html = page(&trial, "/bench/chromatograms/1").await;
    for said in ["甲拌磷", "3.21", "20420", "5050", "3.35", "0.0512", "26-041", "class=\"baseline\"", ">6001<"] {
        assert!(html.contains(said), "{said}: {html}");
    }
    for from in ["/bench/readings/1", "/bench/transmissions/1"] {
        assert!(page(&trial, from).await.contains("href=\"/bench/chromatograms/1\""), "{from}");
    }
    let technician = trial.known("technician").await;
    assert_eq!(technician.get("/bench/chromatograms/2").await.status(), Status::NotFound);
}

#[rocket::async_test]
async fn a_part_of_the_run_is_drawn_from_every_point_the_instrument_recorded() {
    let trial = laboratory().await;
    deliver(&trial, sent(&trial, 1, "26-041.txt", &run("26-041", "0.0512"))).await;
    let html = page(&trial, "/bench/chromatograms/1?from=3.0&to=3.5").await;
    let shown = points(&html).len();
    assert!((295..=301).contains(&shown), "half a minute at ten points a second, found {shown}");
    let closer = html.split("href=\"/bench/chromatograms/1?").nth(1).unwrap().split('"').next().unwrap();
    assert!(closer.contains("from=3.125") && closer.contains("to=3.375"), "the first link leads closer: {closer}");
    for odd in ["from=9&to=1", "from=NaN&to=inf", "from=&to=", "from=-5&to=900", "from=x"] {
        let html = page(&trial, &format!("/bench/chromatograms/1?{odd}")).await;
        assert!(points(&html).len() > 1000, "{odd}: what makes no sense shows the whole run");
    }
}

#[rocket::async_test]
async fn blank_and_standard_are_laid_over_a_sample_and_no_more_than_can_be_told_apart() {
    let trial = laboratory().await;
    for (seq, sample) in [(1, "26-041"), (2, "BLANK"), (3, "STD 0.1"), (4, "26-042"), (5, "26-043")] {
        deliver(&trial, sent(&trial, seq, &format!("{seq}.txt"), &run(sample, &format!("0.{seq}")))).await;
    }
    let html = page(&trial, "/bench/chromatograms/1").await;
    for choice in 2..=5 {
        assert!(html.contains(&format!("name=\"over\" value=\"{choice}\"")), "{choice} can be chosen");
    }
    let html = page(&trial, "/bench/chromatograms/1?over=2&over=3&over=4&over=5&over=99&over=1").await;
    for kind in ["trace second", "trace third", "trace fourth"] {
        assert_eq!(html.matches(&format!("class=\"{kind}\"")).count(), 1, "{kind}");
    }
    assert!(html.contains("BLANK") && html.contains("STD 0.1"));
    assert_eq!(html.matches("<polyline").count(), 4);
}

#[rocket::async_test]
async fn a_past_transmission_is_read_again_and_what_an_older_driver_got_wrong_is_marked_and_stays() {
    let trial = laboratory().await;
    let one = sent(&trial, 1, "26-041.txt", &run("26-041", "0.0512"));
    let (mut read, _) = crate::acquire::intake::read(&one, &drivers::by_id(&one.driver).unwrap());
    let first = read.first_mut().and_then(|message: &mut Read| message.readings.first_mut()).unwrap();
    assert_eq!(first.reading.result.as_deref(), Some("0.0512"));
    first.reading.result = Some("512".into());
    let (store, at) = (trial.store.clone(), trial.now());
    rocket::tokio::task::spawn_blocking(move || store.take_in(&one, &read, None, None, at).unwrap()).await.unwrap();
    let before = trial.store.reading(|conn| crate::store::readings::all_of(conn, 1)).await.unwrap();
    assert!(page(&trial, "/bench/transmissions/1").await.contains("/bench/transmissions/1/again"));
    let html = page(&trial, "/bench/transmissions/1/again").await;
    let marked = html.split("<del>").nth(1).unwrap().split("</ins>").next().unwrap();
    assert!(marked.contains("512") && marked.contains("0.0512"), "{marked}");
    assert_eq!((html.matches("<del>").count(), html.matches("<ins>").count()), (1, 1), "only the value differs");
    let after = trial.store.reading(|conn| crate::store::readings::all_of(conn, 1)).await.unwrap();
    assert_eq!(before.len(), after.len());
    assert_eq!(after[0].result.as_deref(), Some("512"), "the record is as it was");
}

#[rocket::async_test]
async fn the_import_report_says_of_each_file_what_became_of_it() {
    let trial = laboratory().await;
    deliver(&trial, sent(&trial, 1, "a.txt", "half a repor")).await;
    trial.wait(60);
    deliver(&trial, sent(&trial, 2, "a.txt", &run("26-041", "0.0512"))).await;
    let html = page(&trial, "/bench/lines/GC-2").await;
    let files = html.split("id=\"files\"").nth(1).unwrap();
    assert_eq!(files.matches("a.txt").count(), 2, "both stay in the report");
    assert!(files.contains("无法解析") && files.contains("读不懂此文件"), "{files}");
    assert!(files.contains("已导入，有待处理"), "its sample is not known here: {files}");
    assert!(files.contains("更正了传输 1") && files.contains("已由传输 2 更正"), "{files}");
    assert!(page(&trial, "/bench/transmissions/2").await.contains("更正了传输 1"));
}

#[rocket::async_test]
async fn every_reason_why_a_file_is_not_read_is_told_in_both_languages() {
    let trial = laboratory().await;
    let reasons = [
        Why::Settling,
        Why::Empty,
        Why::Busy,
        Why::Unreadable("no permission".to_owned()),
        Why::TooLarge,
        Why::SameAs("a.txt".to_owned()),
    ];
    for lang in ["zh-CN", "en"] {
        let l = Locale { lang: Lang::of_tag(lang).unwrap(), zone: TimeZone::UTC, now: trial.now() };
        for why in reasons.clone() {
            let unread = Unread { name: "b.txt".to_owned(), size: 2048, since: trial.now(), why };
            let told = imports::waiting(&l, &unread);
            let state = told.state.to_string();
            assert!(!state.contains("import-") && !told.why.contains("import-"), "{lang}: {state} {}", told.why);
        }
    }
}

#[rocket::async_test]
async fn a_folder_is_set_up_like_any_other_line() {
    let trial = Trial::start().await;
    let administrator = trial.signed_in(Role::Administrator).await;
    let fields = [
        ("code", "LC-1"),
        ("name", "液相色谱仪"),
        ("driver", "shimadzu-ascii"),
        ("transport", "folder"),
        ("address", r"\\LC-PC\export"),
        ("file_pattern", "*.txt"),
        ("settle_seconds", "5"),
        ("line_on", "on"),
    ];
    let answer = administrator.post("/admin/instruments/new", &fields).await;
    assert_eq!(answer.status(), Status::SeeOther);
    let lines = crate::acquire::configured::configured(trial.store.list().await.unwrap(), &Default::default());
    let folder = crate::acquire::Transport::Folder {
        path: r"\\LC-PC\export".to_owned(),
        pattern: "*.txt".to_owned(),
        settle_seconds: 5,
    };
    assert_eq!(lines.first().map(|line| &line.transport), Some(&folder));
}

#[rocket::async_test]
async fn a_line_that_should_have_spoken_is_said_to_be_silent_on_the_first_page_and_on_the_lines_after_a_restart() {
    let trial = laboratory().await;
    let mut gc = trial.store.line::<Instrument>(1).await.unwrap().unwrap();
    gc.line_enabled_at = Some("2026-11-23T00:00:00.000Z".to_owned());
    gc.speaks_every = Some(60);
    gc.working_days = Some("1-5".to_owned());
    gc.working_hours = Some("08:00-18:00".to_owned());
    trial.store.change(Who::Program, trial.now(), gc, None).await.unwrap();
    let first = page(&trial, "/").await;
    assert!(first.contains("GC-2 启用以来没有数据"), "{first}");
    // It speaks at 14:00 by the laboratory's clock; an hour of silence is allowed.
    deliver(&trial, sent(&trial, 1, "26-041.txt", &run("26-041", "0.0512"))).await;
    assert!(!page(&trial, "/").await.contains("GC-2"));
    trial.wait(3_660);
    // No line runs here, as after a restart: the record knows when it was heard.
    let first = page(&trial, "/").await;
    assert!(first.contains("GC-2 自 14:00 起没有数据") && first.contains("href=\"/bench/lines/GC-2\""), "{first}");
    let technician = trial.known("technician").await;
    let english = trial.client.get("/").header(rocket::http::Header::new("Accept-Language", "en"));
    let first = technician.ask(english).await.into_string().await.unwrap();
    assert!(first.contains("GC-2 has not spoken since 14:00"), "{first}");
    for address in ["/bench/lines", "/bench/lines/GC-2"] {
        assert!(page(&trial, address).await.contains("自 14:00 起没有数据"), "{address}");
    }
    // The next day it says which day it was.
    trial.wait(86_400);
    assert!(page(&trial, "/bench/lines").await.contains("自 11-24 14:00 起没有数据"));
}

#[rocket::async_test]
async fn the_record_of_an_instrument_warns_of_its_clock_and_of_a_calibration_that_ran_out() {
    let trial = laboratory().await;
    let mut gc = trial.store.line::<Instrument>(1).await.unwrap().unwrap();
    gc.calibrated_to = Some("2026-11-23".to_owned());
    gc.data_system = Some("labsolutions".to_owned());
    trial.store.change(Who::Program, trial.now(), gc, None).await.unwrap();
    let html = page(&trial, "/bench/lines/GC-2").await;
    assert!(html.contains("报文里还没有可比的时间") && html.contains("检定/校准已于 2026-11-23 到期"), "{html}");
    assert!(html.contains("LabSolutions") && html.contains("文件夹"), "{html}");
    // The report says that it was measured at 10:30, when it is 14:00 here: old, and no word on the clock.
    deliver(&trial, sent(&trial, 1, "26-041.txt", &run("26-041", "0.0512"))).await;
    assert!(page(&trial, "/bench/lines/GC-2").await.contains("报文里还没有可比的时间"));
    let ahead = run("26-042", "0.0512").replace("2026/11/24 10:30:00", "2026/11/24 14:09:00");
    deliver(&trial, sent(&trial, 2, "26-042.txt", &ahead)).await;
    let html = page(&trial, "/bench/lines/GC-2").await;
    assert!(html.contains("至少快 9 分钟") && html.contains("请在仪器上校时"), "{html}");
    assert!(html.contains("shimadzu-ascii"), "{html}");
}

#[rocket::async_test]
async fn several_held_readings_are_rejected_together_with_one_reason_and_one_is_taken_back() {
    let trial = laboratory().await;
    for (seq, sample) in [(1, "26-041"), (2, "26-042")] {
        deliver(&trial, sent(&trial, seq, &format!("{sample}.txt"), &run(sample, "0.0512"))).await;
    }
    let technician = trial.known("technician").await;
    let inbox = page(&trial, "/bench/inbox").await;
    assert!(inbox.contains(r#"name="seen" value="1.1""#) && inbox.contains(r#"name="seen" value="2.1""#), "{inbox}");
    for fields in [vec![("act", "reject"), ("reason", "测试")], vec![("act", "reject"), ("seen", "1.1")]] {
        let answer = technician.post("/bench/inbox", &fields).await;
        assert_eq!(answer.status(), Status::UnprocessableEntity, "{fields:?}");
    }
    let both = [("seen", "1.1"), ("seen", "2.1"), ("reason", "方法试验，不报告")];
    let answer = technician.post("/bench/inbox", &[&both[..], &[("act", "fit")]].concat()).await;
    assert_eq!(answer.status(), Status::UnprocessableEntity);
    let again = answer.into_string().await.unwrap();
    assert!(again.contains("读数 1") && again.contains(r#"value="1.1" aria-label="1" checked"#), "{again}");
    let answer = technician.post("/bench/inbox", &[&both[..], &[("act", "reject")]].concat()).await;
    assert_eq!(answer.status(), Status::SeeOther);
    let reading = page(&trial, "/bench/readings/2").await;
    assert!(reading.contains("方法试验，不报告") && reading.contains("撤回此决定"), "{reading}");
    let undo = [("act", "reopen"), ("version", "2"), ("reason", "选错了")];
    let without = technician.post("/bench/readings/2", &undo[..2]).await;
    assert_eq!(without.status(), Status::UnprocessableEntity, "taking back needs a reason too");
    assert_eq!(technician.post("/bench/readings/2", &undo).await.status(), Status::SeeOther);
    let reading = page(&trial, "/bench/readings/2").await;
    assert!(reading.contains("选错了") && reading.contains("处理此读数"), "{reading}");
    assert_eq!(technician.post("/bench/readings/2", &undo).await.status(), Status::Conflict, "and not twice");
}
