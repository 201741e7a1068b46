//! A laboratory set up through its pages alone, on both engines; and what every list of the set-up promises.

use rocket::http::{ContentType, Cookie, Header, Status};
use tokio::runtime::Runtime;

use super::fields::Is;
use super::lists::LISTS;
use crate::lab::people::Role;
use crate::store::trial::engines;
use crate::web::secret;
use crate::web::trial::{Browser, PASSWORD, Trial, body};

fn on_each_engine(work: impl AsyncFn(&Trial)) {
    engines::each(|url| {
        Runtime::new().unwrap().block_on(async {
            let trial = Trial::on(url).await;
            work(&trial).await;
        });
    });
}

/// The page of an address, which must be there and have no sentence without a text.
async fn page(browser: &Browser<'_>, address: &str) -> String {
    let response = browser.get(address).await;
    let status = response.status();
    let html = response.into_string().await.unwrap_or_default();
    assert_eq!(status, Status::Ok, "{address}: {html}");
    assert!(!html.contains('⟦'), "{address}: {html}");
    html
}

async fn posted(browser: &Browser<'_>, address: &str, fields: &[(&str, &str)]) -> (Status, String, String) {
    let response = browser.post(address, fields).await;
    let to = response.headers().get_one("Location").unwrap_or_default().to_owned();
    (response.status(), to, response.into_string().await.unwrap_or_default())
}

/// Fills in and keeps a form; answers where it leads.
async fn kept(browser: &Browser<'_>, address: &str, fields: &[(&str, &str)]) -> String {
    let (status, to, html) = posted(browser, address, fields).await;
    assert_eq!(status, Status::SeeOther, "{address} {fields:?}: {html}");
    to
}

/// Adds a line by its form and answers its id, as the list links to it.
async fn added(browser: &Browser<'_>, list: &str, fields: &[(&str, &str)]) -> String {
    kept(browser, &format!("/admin/{list}/new"), fields).await;
    let html = page(browser, &format!("/admin/{list}")).await;
    let start = format!("data-href=\"/admin/{list}/");
    let ids = html.split(&start).skip(1).filter_map(|rest| rest.split('"').next()?.parse::<i64>().ok());
    ids.max().expect("a line in the list").to_string()
}

/// What is wrong, as the links above the form name the fields.
fn refused(html: &str) -> Vec<&str> {
    html.split("<li><a href=\"#f-").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The first administrator, by the one-time link.
async fn founder(trial: &Trial) -> Browser<'_> {
    trial.store.open_setup_link(secret::hash("first"), trial.now()).await.unwrap();
    let shown = trial.client.get("/setup/first").dispatch().await;
    let token = shown.cookies().get("form").unwrap().value().to_owned();
    let fields = [
        ("csrf", token.as_str()),
        ("laboratory", "河滩县农产品质量安全检验检测站"),
        ("name", "扎西"),
        ("username", "zhaxi"),
        ("password", PASSWORD),
        ("password-again", PASSWORD),
    ];
    let request = trial.client.post("/setup/first").cookie(Cookie::new("form", token.clone()));
    let founded = request.header(ContentType::Form).body(body(&fields)).dispatch().await;
    assert_eq!(founded.status(), Status::SeeOther);
    let sid = founded.cookies().get("sid").unwrap().value().to_owned();
    trial.with_cookie(sid).await
}

#[test]
fn an_empty_installation_begins_work_through_its_pages_alone() {
    on_each_engine(async |trial| {
        let admin = founder(trial).await;
        assert!(page(&admin, "/admin").await.contains("尚不能使用"));
        let laboratory = [("name", "河滩县检测站"), ("address", "河滩镇 1 号"), ("phone", "0891-1234567")];
        let laboratory = [&laboratory[..], &[("version", "1"), ("act", "keep")]].concat();
        kept(&admin, "/admin/laboratory/1", &laboratory).await;
        for (username, name, role) in [("zhuoma", "卓玛", "technician"), ("li.na", "李娜", "quality-manager")] {
            let person = [("username", username), ("name", name), ("password", PASSWORD), ("role", role)];
            kept(&admin, "/admin/people", &person).await;
        }
        let place = |code, name, kind| [("code", code), ("name", name), ("kind", kind), ("town", "措麦乡")];
        let market = added(&admin, "places", &place("P1", "措麦乡市场", "retail-market")).await;
        let shelf = added(&admin, "places", &place("S1", "1 号冰箱", "storage")).await;
        let bench = added(&admin, "places", &place("B1", "前处理台", "bench")).await;
        let farm = [("code", "F1"), ("name", "次仁家庭农场"), ("kind", "family-farm"), ("town", "措麦乡")];
        let farm = added(&admin, "producers", &farm).await;
        let group = added(&admin, "commodities", &[("code", "VL"), ("name", "叶菜类蔬菜")]).await;
        let spinach = [("code", "VL1"), ("name", "菠菜"), ("parent_id", &group), ("synonyms", "赤根菜")];
        let spinach = added(&admin, "commodities", &spinach).await;
        let analyte = [("code", "CPF"), ("name", "毒死蜱"), ("name_en", "chlorpyrifos"), ("kind", "pesticide")];
        let analyte = added(&admin, "analytes", &analyte).await;
        let instrument = [
            ("code", "GC-1"),
            ("name", "气相色谱仪"),
            ("driver", "astm-lis2"),
            ("transport", "serial"),
            ("address", "/dev/ttyUSB0"),
            ("bench_id", &bench),
        ];
        let instrument = added(&admin, "instruments", &instrument).await;
        let usual = drivers::by_id("astm-lis2").unwrap().serial().baud.to_string();
        let form = page(&admin, &format!("/admin/instruments/{instrument}")).await;
        assert!(form.contains(&format!(r#"name="baud" type="text" value="{usual}""#)), "{form}");
        // The quality manager sets up what is measured and how it is judged.
        let quality = trial.known("li.na").await;
        let method = [
            ("code", "NY/T 761-2008"),
            ("name", "气相色谱法"),
            ("kind", "confirmatory"),
            ("instrument_id", &instrument),
            ("effective_from", "2008-04-30"),
        ];
        let method = added(&quality, "methods", &method).await;
        let here = format!("/admin/methods/{method}");
        let determined = [
            ("method_id", method.as_str()),
            ("analyte_id", &analyte),
            ("unit", "mg/kg"),
            ("loq", "0.02"),
            ("decimals", "3"),
            ("back", &here),
        ];
        assert_eq!(kept(&quality, "/admin/method-analytes/new", &determined).await, here);
        let rapid = [
            ("code", "GB/T 5009.199-2003"),
            ("name", "速测卡法"),
            ("kind", "screening"),
            ("effective_from", "2004-01-01"),
        ];
        let rapid = added(&quality, "methods", &rapid).await;
        let blind = [("method_id", rapid.as_str()), ("analyte_id", &analyte), ("unit", "%"), ("decimals", "1")];
        let answer = quality.post("/admin/method-analytes/new", &blind).await;
        assert_eq!(answer.status(), Status::UnprocessableEntity, "a screening method needs a threshold");
        assert!(answer.into_string().await.unwrap().contains(r##"href="#f-threshold""##));
        let map = [
            ("instrument_id", instrument.as_str()),
            ("code", "CPF"),
            ("unit", "mg/kg"),
            ("analyte_id", &analyte),
            ("to_unit", "mg/kg"),
            ("factor", "1"),
        ];
        let first = added(&quality, "maps", &map).await;
        let (status, _, html) = posted(&quality, "/admin/maps/new", &map).await;
        assert_eq!((status, refused(&html)), (Status::UnprocessableEntity, vec!["code"]), "{html}");
        let retired = [&map[..], &[("version", "1"), ("act", "retire"), ("why", "换算有误")]].concat();
        kept(&quality, &format!("/admin/maps/{first}"), &retired).await;
        added(&quality, "maps", &map).await;
        let limit = [
            ("analyte_id", analyte.as_str()),
            ("commodity_id", &group),
            ("written", "叶菜类蔬菜"),
            ("requirement", "max"),
            ("value", "0.02"),
            ("unit", "mg/kg"),
            ("kind", "mrl"),
            ("standard", "GB 2763-2021"),
            ("effective_from", "2021-09-03"),
            ("source", "GB 2763-2021 原文"),
        ];
        let id = added(&quality, "limits", &limit).await;
        assert!(page(&quality, "/admin/limits").await.contains("未核对"));
        let checked = [&limit[..], &[("version", "1"), ("act", "check")]].concat();
        kept(&quality, &format!("/admin/limits/{id}"), &checked).await;
        assert!(!page(&quality, "/admin/limits").await.contains("未核对"));
        assert!(page(&quality, &format!("/admin/limits/{id}")).await.contains("李娜"));
        let contents = page(&quality, &here).await;
        for part in ["毒死蜱", "0.02", "1 条限量"] {
            assert!(contents.contains(part), "{part}: {contents}");
        }
        let plan = [
            ("code", "2026-01"),
            ("name", "例行监测"),
            ("kind", class()),
            ("starts_on", "2026-01-01"),
            ("ends_on", "2026-12-31"),
        ];
        let plan = added(&quality, "plans", &plan).await;
        let item = [("plan_id", plan.as_str()), ("commodity_id", &spinach), ("method_id", &method), ("quota", "12")];
        let item = added(&quality, "plan-items", &item).await;
        let control = [
            ("code", "QC1"),
            ("name", "菠菜加标"),
            ("lot", "2026A"),
            ("method_id", &method),
            ("analyte_id", &analyte),
            ("unit", "mg/kg"),
            ("mean", "0.050"),
            ("s", "0.004"),
            ("valid_from", "2026-01-01"),
        ];
        added(&quality, "controls", &control).await;
        // And the technician can begin.
        let technician = trial.known("zhuoma").await;
        let sample = |producer: &str| {
            let stage = crate::lab::sampling::form::Stage::ALL.first().unwrap().name();
            let form = [
                ("class", class()),
                ("stage", stage),
                ("commodity", &spinach),
                ("commodity_written", "菠菜"),
                ("producer", producer),
                ("place", &market),
                ("plan_item", &item),
                ("town", "措麦乡"),
                ("sampled_at", "2026-11-24T09:00"),
                ("sampler_1", "扎西"),
                ("sampler_2", "卓玛"),
                ("quantity", "3"),
                ("quantity_unit", "kg"),
                ("seal", "F1"),
                ("retained_quantity", "1"),
                ("retained_seal", "F2"),
            ];
            form.map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let registered = async |producer: &str| {
            let form = sample(producer);
            let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            posted(&technician, "/bench/samples/new", &fields).await
        };
        let (status, _, html) = registered("999").await;
        assert_eq!((status, refused(&html)), (Status::UnprocessableEntity, vec!["producer"]), "{html}");
        let (status, sample, html) = registered(&farm).await;
        assert_eq!(status, Status::SeeOther, "{html}");
        let received = [
            ("from", "扎西"),
            ("to", "卓玛"),
            ("seal", "intact"),
            ("condition", "good"),
            ("place", &shelf),
            ("version", "1"),
            ("act", "receive"),
        ];
        let lost = received.map(|(name, value)| if name == "place" { (name, "999") } else { (name, value) });
        let (status, _, html) = posted(&technician, &format!("{sample}/receive"), &lost).await;
        assert_eq!((status, refused(&html)), (Status::UnprocessableEntity, vec!["place"]), "{html}");
        kept(&technician, &format!("{sample}/receive"), &received).await;
        let order = format!("{sample}/order");
        let (status, _, html) = posted(&technician, &order, &[("method", "999")]).await;
        assert_eq!((status, refused(&html)), (Status::UnprocessableEntity, vec!["method"]), "{html}");
        kept(&technician, &order, &[("method", &method)]).await;
        assert!(page(&technician, &order).await.contains("毒死蜱"));
        // Nothing is missing any more.
        assert!(!page(&admin, "/admin").await.contains("尚不能使用"));
        for list in LISTS {
            let html = page(&admin, &format!("/admin/{}", list.name)).await;
            let start = format!("data-href=\"/admin/{}/", list.name);
            let id = html.split(&start).nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
            let line = format!("/admin/{}/{id}", list.name);
            page(&admin, &line).await;
            let english = trial.client.get(line).cookie(Cookie::new("lang", "en"));
            let html = admin.ask(english).await.into_string().await.unwrap();
            assert!(!html.contains('⟦') && html.contains(r#"<html lang="en">"#), "{html}");
        }
    });
}

/// A class of samples, by its word.
fn class() -> &'static str {
    crate::lab::sampling::form::Class::ALL.first().unwrap().name()
}

#[test]
fn every_list_refuses_what_is_missing_or_unknown_beside_its_field_and_keeps_what_was_typed() {
    on_each_engine(async |trial| {
        let admin = trial.signed_in(Role::Administrator).await;
        for list in LISTS {
            let address = format!("/admin/{}/new", list.name);
            page(&admin, &format!("/admin/{}?q=A&page=2", list.name)).await;
            page(&admin, &address).await;
            let (status, _, html) = posted(&admin, &address, &[]).await;
            assert_eq!(status, Status::UnprocessableEntity, "{address}");
            let required: Vec<&str> =
                list.fields.iter().filter(|field| field.required).map(|field| field.cell).collect();
            assert_eq!(refused(&html), required, "{address}");
            // Every field filled as well as one can without any other list, so that only the references are wrong.
            let typed: Vec<(&str, String)> = list.fields.iter().map(|field| (field.cell, example(field.is))).collect();
            let fields: Vec<(&str, &str)> = typed.iter().map(|(name, text)| (*name, text.as_str())).collect();
            let references: Vec<&str> =
                list.fields.iter().filter(|one| matches!(one.is, Is::Line(_))).map(|one| one.cell).collect();
            let (status, _, html) = posted(&admin, &address, &fields).await;
            match references.is_empty() {
                true => assert_eq!(status, Status::SeeOther, "{address}: {html}"),
                false => {
                    assert_eq!(status, Status::UnprocessableEntity, "{address}: {html}");
                    let wrong = refused(&html);
                    assert!(!wrong.is_empty() && wrong.iter().all(|one| references.contains(one)), "{wrong:?}");
                    let texts = list.fields.iter().filter(|one| one.is == Is::Text);
                    for field in texts {
                        let kept = format!(r#"name="{}" type="text" value="甲""#, field.cell);
                        assert!(html.contains(&kept), "{address}: {} was lost: {html}", field.cell);
                    }
                    continue;
                }
            }
            if list.name == "laboratory" {
                let one = admin.get(&address).await;
                assert_eq!(one.headers().get_one("Location"), Some("/admin/laboratory/1"));
                continue;
            }
            // The same again: what is there once only is taken.
            let (status, _, html) = posted(&admin, &address, &fields).await;
            assert_eq!((status, refused(&html)), (Status::UnprocessableEntity, vec!["code"]), "{address}: {html}");
            assert!(html.contains(r#"name="name" type="text" value="甲""#), "{address}: {html}");
        }
    });
}

/// A text that fits a field.
fn example(is: Is) -> String {
    match is {
        Is::Text => "甲".to_owned(),
        Is::Whole => "3".to_owned(),
        Is::Decimal => "0.50".to_owned(),
        Is::Date => "2026-01-01".to_owned(),
        Is::Word(words) => words.all().first().cloned().unwrap_or_default(),
        Is::Days => "1-5".to_owned(),
        Is::Hours => "08:00-18:00".to_owned(),
        Is::Line(_) => "999".to_owned(),
        Is::Driver => drivers::all().next().map(|one| one.id().to_owned()).unwrap_or_default(),
    }
}

#[test]
fn two_people_who_change_one_line_both_learn_of_it_and_lose_nothing() {
    on_each_engine(async |trial| {
        let admin = trial.signed_in(Role::Administrator).await;
        let other = trial.signed_in(Role::QualityManager).await;
        let place =
            [("code", "P1"), ("name", "老市场"), ("kind", "retail-market"), ("town", "东坝镇"), ("version", "1")];
        kept(&admin, "/admin/places/new", &place).await;
        let with = |name: &'static str, value: &'static str, version: &'static str| {
            place.map(|(field, text)| match field {
                "version" => (field, version),
                _ if field == name => (field, value),
                _ => (field, text),
            })
        };
        kept(&other, "/admin/places/1", &with("town", "西坝镇", "1")).await;
        let (status, _, html) = posted(&admin, "/admin/places/1", &with("name", "新市场", "1")).await;
        assert_eq!((status, refused(&html)), (Status::UnprocessableEntity, vec!["why", "name", "town"]), "{html}");
        assert!(html.contains("现在是：西坝镇") && html.contains(r#"value="新市场""#), "{html}");
        assert!(html.contains(r#"name="version" value="2""#), "keeping it again is a decision: {html}");
        kept(&admin, "/admin/places/1", &with("name", "新市场", "2")).await;
        let (status, _, _) = posted(&other, "/admin/places/1", &with("name", "旧市场", "2")).await;
        assert_eq!(status, Status::UnprocessableEntity);
        let found = page(&admin, "/admin/places?q=p1").await;
        assert!(found.contains("新市场"), "letters are found in any case: {found}");
    });
}

#[test]
fn the_last_administrator_is_told_so_and_a_new_name_is_printed() {
    on_each_engine(async |trial| {
        let admin = trial.signed_in(Role::Administrator).await;
        let (status, _, html) =
            posted(&admin, "/admin/people/1", &[("act", "disable"), ("why", "离职"), ("role", "administrator")]).await;
        assert_eq!((status, refused(&html)), (Status::UnprocessableEntity, vec!["role"]), "{html}");
        let rename = [("act", "rename"), ("name", "卓玛央宗"), ("why", "更名")];
        kept(&admin, "/admin/people/1", &rename).await;
        let both = [("act", "roles"), ("role", "administrator"), ("role", "technician"), ("role", "reviewer")];
        kept(&admin, "/admin/people/1", &[&both[..], &[("why", "人手不足")]].concat()).await;
        let html = page(&admin, "/admin/people").await;
        assert!(html.contains("卓玛央宗") && html.contains("检测与审批同一人"), "{html}");
        let english = trial.client.get("/admin/people/1").header(Header::new("Accept-Language", "en"));
        let html = admin.ask(english).await.into_string().await.unwrap();
        assert!(html.contains("both measure and review") && !html.contains('⟦'), "{html}");
    });
}
