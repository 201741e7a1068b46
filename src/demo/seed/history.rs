//! Day by day: sampling, receipt, orders, what the instruments said, signatures, publications.

use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::sampler::{Kind, Sampler, at};
use super::{Extent, Ids, SeedError};
use crate::acquire::{Epoch, Transmission};
use crate::demo::county;
use crate::demo::instruments::bench::{Queue, Work};
use crate::demo::instruments::{Chance, Model, Temper, gc};
use crate::demo::past::Past;
use crate::lab::analysis::status::{State, Step};
use crate::lab::custody::{Condition, Event, Movement, SealState, Whereabouts};
use crate::lab::disclosure::publication::Request;
use crate::lab::people::Who;
use crate::lab::regulation::verdict::Verdict;
use crate::lab::sampling::form::Class;
use crate::lab::zone::zone;
use crate::store::Tx;
use crate::store::analyses::{self, StepError};
use crate::store::controls::{self, NewResult};
use crate::store::publications::{self, PublishError};
use crate::store::samples::{self, Registered};
use crate::store::{batches, containers, intake};

/// How far a sample has come when the story ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reaches {
    Registered,
    Refused,
    Received,
    Ordered,
    Measured,
    Submitted,
    Reviewed,
    Approved,
}

struct Story {
    ids: Arc<Ids>,
    seed: u64,
    sampler: Sampler,
    epoch: Epoch,
    seq: i64,
    /// The number of the last notice.
    notice: u32,
}

/// A sample on its way through a day.
struct Case {
    registered: Registered,
    kind: Kind,
    reaches: Reaches,
    bad: bool,
}

pub(super) fn live_through(
    tx: &mut Tx<'_>,
    ids: &Arc<Ids>,
    seed: u64,
    extent: Extent,
    now: Timestamp,
) -> Result<(), SeedError> {
    let mut story = Story {
        ids: Arc::clone(ids),
        seed,
        sampler: Sampler::new(Arc::clone(ids), Chance::of(seed, "history")),
        epoch: format!("{:032x}", u128::from(seed)).parse().map_err(|error| SeedError::refused("epoch", error))?,
        seq: 0,
        notice: 0,
    };
    let today = zone().to_datetime(now).date();
    for ago in (0..extent.days).rev() {
        let day = today.saturating_sub(ago.days());
        let rest = day.weekday() == jiff::civil::Weekday::Sunday;
        if !rest || ago < 3 {
            story.day(tx, day, ago, extent, now)?;
        }
    }
    Ok(())
}

impl Story {
    fn day(&mut self, tx: &mut Tx<'_>, day: Date, ago: i64, extent: Extent, now: Timestamp) -> Result<(), SeedError> {
        let mut cases = Vec::new();
        for n in 0..self.cases_of(ago) {
            let reaches = match ago {
                0 => [Reaches::Registered, Reaches::Received, Reaches::Ordered, Reaches::Measured][n % 4],
                1 => [Reaches::Refused, Reaches::Submitted, Reaches::Measured, Reaches::Reviewed][n % 4],
                2 => [Reaches::Submitted, Reaches::Reviewed, Reaches::Approved, Reaches::Approved][n % 4],
                _ if self.sampler.chance.one_in(60) => Reaches::Refused,
                _ => Reaches::Approved,
            };
            let kind = match (ago + n as i64) % 4 {
                0 => Kind::Residues,
                2 if n % 2 == 0 => Kind::Milk,
                _ => Kind::Rapid,
            };
            cases.push(self.case(tx, day, n, kind, reaches, now)?);
        }
        self.controls(tx, day, ago, extent, now)?;
        for kind in [Kind::Rapid, Kind::Residues, Kind::Milk] {
            let measured: Vec<&Case> =
                cases.iter().filter(|case| case.kind == kind && case.reaches >= Reaches::Measured).collect();
            self.measure(tx, day, kind, &measured, now)?;
        }
        for case in &cases {
            self.sign(tx, day, case, now)?;
            self.publish(tx, day, ago, case, now)?;
        }
        self.oddities(tx, day, ago, &cases, now)
    }

    fn cases_of(&mut self, ago: i64) -> usize {
        match ago {
            0..3 => 4,
            _ => 1 + usize::from(self.sampler.chance.one_in(2)),
        }
    }

    fn tx<'t>(tx: &'t mut Tx<'_>, who: &'t Who, at: Timestamp) -> Tx<'t> {
        Tx { conn: tx.conn, by: who, at }
    }

    /// Sampled the afternoon before, registered and received in the morning, ordered.
    fn case(
        &mut self,
        tx: &mut Tx<'_>,
        day: Date,
        n: usize,
        kind: Kind,
        reaches: Reaches,
        now: Timestamp,
    ) -> Result<Case, SeedError> {
        let new = self.sampler.form(day, kind, now);
        let minute = i8::try_from(n * 7 % 60).unwrap_or(0);
        let technician = self.ids.who("technician");
        let keeper = self.ids.who("keeper");
        let registered = samples::register(&mut Self::tx(tx, &technician, at(day, 8, minute, now)), &new)?;
        // Supervision goes where something is suspected, and finds more.
        let suspected = new.class == Class::Supervision && kind == Kind::Residues;
        let bad = self.sampler.chance.one_in(if suspected { 4 } else { 9 });
        let case = Case { registered, kind, reaches, bad };
        if reaches == Reaches::Registered {
            return Ok(case);
        }
        let refused = reaches == Reaches::Refused;
        let event = Event {
            kind: if refused { Movement::Refuse } else { Movement::Receive },
            from: Whereabouts { person: new.form.samplers.first().cloned().unwrap_or_default(), place: None },
            to: Whereabouts {
                person: self.ids.name("keeper"),
                place: (!refused).then(|| self.ids.places.get("S01").copied()).flatten(),
            },
            seal: if refused { SealState::Broken } else { SealState::Intact },
            condition: if refused { Condition::Spoiled } else { Condition::Good },
            temperature: Some(format!("{:.1}", self.sampler.chance.between(2.5, 7.5))),
            reason: refused.then(|| "运输途中升温，样品腐烂，封签破损".to_owned()),
        };
        let retained = self.ids.places.get("S02").copied();
        let id = case.registered.id;
        containers::hand_over_sample(&mut Self::tx(tx, &keeper, at(day, 9, minute, now)), id, 1, &event, retained)
            .map_err(|error| SeedError::refused("receive", error))?;
        if refused || reaches == Reaches::Received {
            return Ok(case);
        }
        for method in kind.methods() {
            let method = self.ids.methods.get(method).copied().unwrap_or_default();
            analyses::order(
                &mut Self::tx(tx, &technician, at(day, 9, minute, now) + SignedDuration::from_mins(5)),
                id,
                method,
            )
            .map_err(|error| SeedError::refused("order", error))?;
        }
        Ok(case)
    }

    /// The day's instrument takes its samples and talks; what it says goes the way of every transmission.
    fn measure(
        &mut self,
        tx: &mut Tx<'_>,
        day: Date,
        kind: Kind,
        cases: &[&Case],
        now: Timestamp,
    ) -> Result<(), SeedError> {
        if cases.is_empty() {
            return Ok(());
        }
        let (instrument, model) = kind.instrument();
        let queue = Queue::default();
        let opening: &[Work] = if model == Model::Gc { &gc::opening() } else { &[] };
        for work in opening {
            queue.put(instrument, work.clone());
        }
        for case in cases {
            let sample = match kind {
                Kind::Rapid => format!("{:06}", case.registered.code.number()),
                _ => case.registered.code.to_string(),
            };
            queue.put(instrument, Work { sample, control: false, tests: self.sampler.levels(kind, case.bad) });
        }
        let start = zone().to_datetime(at(day, 10, 30, now) - SignedDuration::from_secs(1));
        let seconds = 60 + 75 * i64::try_from(cases.len() + opening.len()).unwrap_or(1);
        self.converse(tx, instrument, model, queue, start, seconds)
    }

    fn converse(
        &mut self,
        tx: &mut Tx<'_>,
        instrument: &str,
        model: Model,
        queue: Queue,
        start: DateTime,
        seconds: i64,
    ) -> Result<(), SeedError> {
        let Some(driver) = drivers::by_id(model.driver()) else {
            return Err(SeedError::refused("instrument", format!("no driver '{}'", model.driver())));
        };
        // No host answers in the past: nothing is asked.
        let seed = self.seed.wrapping_add(self.seq.unsigned_abs());
        let mut device = model.device_of(Temper::Unasking, instrument, seed, std::sync::Arc::new(queue));
        let mut link = driver.link();
        let mut past = Past { instrument, driver: driver.id(), epoch: self.epoch, seq: self.seq };
        let said = past.talk(device.as_mut(), link.as_mut(), start, seconds);
        self.seq = past.seq;
        for transmission in said {
            self.take_in(tx, &transmission)?;
        }
        Ok(())
    }

    fn take_in(&mut self, tx: &mut Tx<'_>, transmission: &Transmission) -> Result<(), SeedError> {
        let Some((driver, revision)) = crate::store::profiles::driver(tx.conn, &transmission.driver)? else {
            return Err(SeedError::refused("instrument", format!("no driver '{}'", transmission.driver)));
        };
        let (messages, fault) = crate::acquire::intake::read(transmission, &driver);
        let line = Who::Line(transmission.instrument.clone());
        let mut own = Self::tx(tx, &line, transmission.ended_at);
        intake::take_in(&mut own, transmission, &messages, fault.as_deref(), Some(&revision))?;
        Ok(())
    }

    /// One control of each material a day, mostly where it belongs; the last week holds what a chart is for.
    fn controls(
        &mut self,
        tx: &mut Tx<'_>,
        day: Date,
        ago: i64,
        extent: Extent,
        now: Timestamp,
    ) -> Result<(), SeedError> {
        let technician = self.ids.who("technician2");
        for (n, (code, _, method, analyte, _, mean, s)) in county::CONTROLS.into_iter().enumerate() {
            let number = |text: &str| text.parse::<f64>().unwrap_or(1.0);
            let (mean, s) = (number(mean), number(s));
            let z = match (n, ago) {
                (0, 6) => 2.4,
                (1, 1) => 3.4,
                (3, 20) => -3.2,
                _ => self.sampler.chance.normal(0.0, 0.85).clamp(-1.95, 1.95),
            };
            let decimals = if s < 0.1 { 4 } else { 1 };
            let value = Decimal::try_from(mean + z * s).unwrap_or_default().round_dp(decimals);
            let moment = at(day, 10, 5 + i8::try_from(n).unwrap_or(0), now);
            let tx = &mut Self::tx(tx, &technician, moment);
            let method = self.ids.methods.get(method).copied().unwrap_or_default();
            let material =
                controls::material_of(tx.conn, code, self.ids.analytes.get(analyte).copied().unwrap_or_default())?;
            let batch =
                batches::open_for(tx, method, None, &zone().to_datetime(moment).strftime("%Y%m%d").to_string())?;
            let id = controls::add(tx, NewResult { material, batch: Some(batch), reading: None, value, at: moment })?;
            // What was out of control earlier was resolved the same day; yesterday's still waits.
            if ago > 1 && extent.days > ago && z.abs() > 3.0 {
                let reviewer = self.ids.who("quality");
                let tx = &mut Self::tx(tx, &reviewer, moment + SignedDuration::from_mins(90));
                controls::resolve(tx, id, 1, "质控乳粉复溶后放置过久，重新配制复测在控，本批结果经复核有效")?;
            }
        }
        Ok(())
    }

    /// The three signatures, as far as the case has come.
    fn sign(&mut self, tx: &mut Tx<'_>, day: Date, case: &Case, now: Timestamp) -> Result<(), SeedError> {
        let steps = [
            (Reaches::Submitted, State::Measured, Step::Submit, "technician", 14),
            (Reaches::Reviewed, State::Submitted, Step::Review, "reviewer", 15),
            (Reaches::Approved, State::Reviewed, Step::Approve, "approver", 16),
        ];
        for (reached, from, step, who, hour) in steps {
            if case.reaches < reached {
                continue;
            }
            let who = self.ids.who(who);
            let tx = &mut Self::tx(tx, &who, at(day, hour, 10, now));
            for analysis in analyses::of_sample(tx.conn, case.registered.id)? {
                if analysis.status.state() != from {
                    continue;
                }
                match analyses::take_step(tx, analysis.id, Some(analysis.version), &step) {
                    Ok(_) => {}
                    // A control holds the batch: the result waits, as it would.
                    Err(StepError::Refused(_)) => {}
                    Err(StepError::Store(error)) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// What may be published is, most of it: what complies soon, what fails after the time for objections. One notice
    /// was corrected, one result withdrawn.
    fn publish(&mut self, tx: &mut Tx<'_>, day: Date, ago: i64, case: &Case, now: Timestamp) -> Result<(), SeedError> {
        let (soon, later) = (7, 10);
        if ago < soon || case.reaches < Reaches::Approved {
            return Ok(());
        }
        let approver = self.ids.who("approver");
        let code = case.registered.code.to_string();
        let Some((found, version)) = publications::candidate(tx.conn, &code)? else { return Ok(()) };
        let failed = found.facts.overall() == Verdict::NonCompliant;
        if !found.blocked.is_empty() || (failed && ago < later) {
            return Ok(());
        }
        let moment = at(day, 17, 0, now) + SignedDuration::from_hours(24 * if failed { later } else { soon });
        let mut tx = Self::tx(tx, &approver, moment.min(now));
        let refused = |error: PublishError| SeedError::refused("publish", error);
        self.notice += 1;
        let request = Request {
            notice: format!("雪农检公告〔2026〕{} 号", self.notice),
            remark: if failed {
                "同批产品已下架并销毁，生产者已被约谈。".to_owned()
            } else {
                String::new()
            },
            objection_over: true,
            ..Request::default()
        };
        // What needs an authority's document waits for it.
        if !found.facts.lacking(&request).is_empty() {
            return Ok(());
        }
        let id = publications::publish(&mut tx, &code, version, &request).map_err(refused)?;
        match self.notice {
            3 => {
                let right = Request { notice: format!("{}（更正）", request.notice), ..request };
                publications::correct(&mut tx, &id, 1, &right, "公告号登记有误，结果和结论不变").map_err(refused)?;
            }
            6 => {
                publications::withdraw(&mut tx, &id, 1, "抽样单编号与样品不符，正在核实").map_err(refused)?;
            }
            _ => (),
        }
        Ok(())
    }

    /// What does not go smoothly: a typed value, a cancelled analysis, a retest, readings nobody can place.
    fn oddities(
        &mut self,
        tx: &mut Tx<'_>,
        day: Date,
        ago: i64,
        cases: &[Case],
        now: Timestamp,
    ) -> Result<(), SeedError> {
        let refused = |error: StepError| SeedError::refused("oddity", error);
        if ago == 0 {
            let waiting = cases.iter().find(|case| case.reaches == Reaches::Ordered);
            if let Some(case) = waiting
                && let Some(analysis) = analyses::of_sample(tx.conn, case.registered.id)?.first()
            {
                let technician = self.ids.who("technician2");
                let tx = &mut Self::tx(tx, &technician, at(day, 11, 0, now));
                analyses::take_step(tx, analysis.id, Some(analysis.version), &Step::Enter { value: "12.4".to_owned() })
                    .map_err(refused)?;
            }
            let queue = Queue::default();
            for sample in ["白菜", "QK2699999"] {
                queue.put("NC-1", Work { sample: sample.to_owned(), control: false, tests: Vec::new() });
            }
            let start = zone().to_datetime(at(day, 11, 20, now) - SignedDuration::from_secs(150));
            self.converse(tx, "NC-1", Model::Lz4000, queue, start, 120)?;
        }
        if ago == 1
            && let Some(case) = cases.iter().find(|case| case.reaches == Reaches::Measured)
            && let Some(analysis) = analyses::of_sample(tx.conn, case.registered.id)?.first()
        {
            let technician = self.ids.who("technician");
            let tx = &mut Self::tx(tx, &technician, at(day, 16, 30, now));
            let retest = Step::Retest { reason: "平行样相差过大，重新测定".to_owned() };
            let _ = analyses::take_step(tx, analysis.id, Some(analysis.version), &retest).map_err(refused)?;
            let cancel = Step::Cancel { reason: "委托方撤回此项".to_owned() };
            let _ = analyses::take_step(tx, analysis.id, Some(analysis.version + 1), &cancel).map_err(refused)?;
        }
        Ok(())
    }
}
