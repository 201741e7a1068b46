//! The pages in a real browser: every page a role can reach from its navigation, desktop and phone, Chinese and English,
//! on the demonstration. Needs chromedriver, whose address `QINGKE_TEST_WEBDRIVER` gives; the test command starts it.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

struct Demo {
    process: Child,
    _folder: tempfile::TempDir,
    told: Value,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_qingke"))
            .args(["demo", "--listen", "127.0.0.1:0", "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let told = wait_for(&folder.path().join("demo.json"));
        Self { process, _folder: folder, told }
    }

    fn url(&self, which: &str) -> String {
        self.told[which].as_str().unwrap().to_owned()
    }

    fn account(&self, role: &str) -> (String, String) {
        let accounts = self.told["accounts"].as_array().unwrap();
        let one = accounts.iter().find(|one| one["role"] == role).unwrap();
        (one["username"].as_str().unwrap().to_owned(), one["password"].as_str().unwrap().to_owned())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn wait_for(path: &Path) -> Value {
    for _ in 0..1200 {
        if let Ok(text) = std::fs::read(path) {
            return serde_json::from_slice(&text).unwrap();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the demonstration has not written demo.json within two minutes");
}

async fn browser() -> Client {
    let driver = std::env::var("QINGKE_TEST_WEBDRIVER")
        .expect("QINGKE_TEST_WEBDRIVER must give chromedriver's address; `bash tests/run` starts one");
    let options = json!({ "goog:chromeOptions": { "args": [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync"
    ] } });
    let Value::Object(capabilities) = options else { unreachable!() };
    ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&driver).await.expect("a browser")
}

/// What is wrong with the page that is shown, in words.
async fn faults(client: &Client, address: &str) -> Vec<String> {
    let look = "return [document.documentElement.outerHTML.includes('\\u27e6'), \
                document.documentElement.scrollWidth > window.innerWidth + 1, \
                document.querySelector('h1') ? '' : 'no heading', document.title]";
    let seen = client.execute(look, Vec::new()).await.unwrap();
    let mut faults = Vec::new();
    if seen[0] == true {
        faults.push(format!("{address}: a text has no translation"));
    }
    if seen[1] == true {
        faults.push(format!("{address}: wider than the window"));
    }
    if seen[2] != "" {
        faults.push(format!("{address}: no heading, titled {}", seen[3]));
    }
    faults
}

/// The addresses of this site that the page links to.
async fn links(client: &Client) -> BTreeSet<String> {
    let look = "return [...document.querySelectorAll('a[href]')].map(a => new URL(a.href)) \
                .filter(u => u.origin === location.origin && u.pathname !== '/logout').map(u => u.pathname + u.search)";
    let seen = client.execute(look, Vec::new()).await.unwrap();
    seen.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// The status with which an address answers this browser.
async fn status(client: &Client, address: &str) -> u64 {
    let ask = "const done = arguments[arguments.length - 1]; \
               fetch(arguments[0], { headers: { Accept: 'text/html' } }).then(r => done(r.status), () => done(0))";
    client.execute_async(ask, vec![json!(address)]).await.unwrap().as_u64().unwrap()
}

async fn sign_in(client: &Client, demo: &Demo, role: &str) {
    let (username, password) = demo.account(role);
    client.goto(&format!("{}/login", demo.url("url"))).await.unwrap();
    client.find(Locator::Css("input[name=username]")).await.unwrap().send_keys(&username).await.unwrap();
    client.find(Locator::Css("input[name=password]")).await.unwrap().send_keys(&password).await.unwrap();
    client.find(Locator::Css("main button.do, form button.do")).await.unwrap().click().await.unwrap();
    client.wait().for_element(Locator::Css("details.me")).await.expect("signed in");
}

/// Walks from `start` over every link of its first pages; every address must answer, every page must be whole.
async fn walk(client: &Client, base: &str, start: &[&str], wrong: &mut Vec<String>) {
    let mut asked = BTreeSet::new();
    for (width, height) in [(1280, 900), (390, 844)] {
        client.set_window_size(width, height).await.unwrap();
        for language in ["zh-CN", "en"] {
            client.goto(&format!("{base}/language/{language}?back=/")).await.unwrap();
            for address in start {
                client.goto(&format!("{base}{address}")).await.unwrap();
                wrong.extend(faults(client, &format!("{address} ({language}, {width})")).await);
                for link in links(client).await {
                    let plain = link.split('#').next().unwrap_or_default().to_owned();
                    if plain.starts_with("/language/") || asked.len() > 160 || !asked.insert(plain.clone()) {
                        continue;
                    }
                    let status = status(client, &plain).await;
                    if status != 200 {
                        wrong.push(format!("{address} links to {plain}, which answers {status}"));
                    }
                }
            }
        }
    }
}

#[test]
fn every_page_is_whole_and_no_link_is_dead() {
    let demo = Demo::start();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let client = browser().await;
        let mut wrong = Vec::new();
        let rooms = [
            (
                "technician",
                &[
                    "/",
                    "/bench",
                    "/bench/samples",
                    "/bench/samples/new",
                    "/bench/lines",
                    "/bench/inbox",
                    "/bench/scan",
                    "/qc",
                ][..],
            ),
            ("approver", &["/review", "/review/publications"][..]),
            ("administrator", &["/admin", "/admin/people", "/admin/instruments", "/admin/limits/new"][..]),
        ];
        for (role, pages) in rooms {
            client.delete_all_cookies().await.unwrap();
            sign_in(&client, &demo, role).await;
            walk(&client, &demo.url("url"), pages, &mut wrong).await;
        }
        walk(&client, &demo.url("portal_url"), &["/", "/results", "/open-data"], &mut wrong).await;
        client.close().await.unwrap();
        assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    });
}

#[test]
fn a_technician_sees_new_readings_without_reloading() {
    let demo = Demo::start();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let client = browser().await;
        sign_in(&client, &demo, "technician").await;
        client.goto(&format!("{}/bench/lines", demo.url("url"))).await.unwrap();
        let rows = "return document.querySelector('[data-live]').innerText";
        let before = client.execute(rows, Vec::new()).await.unwrap();
        let mut after = before.clone();
        for _ in 0..600 {
            after = client.execute(rows, Vec::new()).await.unwrap();
            if after != before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        client.close().await.unwrap();
        assert_ne!(after, before, "the lines have not changed within a minute");
    });
}
